"""Installing, installing again, and taking it all away: only what was put is touched, and nothing that the user has made is lost."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kis_xl import __version__
from kis_xl.datafolder import DataFolder, write_atomically
from kis_xl.errors import ArgumentError, ConfigError, DataError, OutputError
from kis_xl.excel import personal
from kis_xl.excel.personal import FILE_NAME, workbook_facts
from kis_xl.excel.workbook import book
from kis_xl.excel.workbook.edition import Name
from kis_xl.installation import Machine, Outcome, Put, Wishes, install, record, recorded, uninstall, workbook
from kis_xl.installation.trusted import key_of
from kis_xl.language import Text
from tests.installation_kit import (
    EXCEL_2019,
    LOCATIONS,
    ON_WINDOWS,
    POLICIES,
    RegistryOfTest,
    TrialRegistry,
    everything_below,
    new_machine,
    new_registry,
    settings,
    states,
    use,
)

TRUSTED = Wishes(trust=True)


@pytest.fixture
def registry() -> Iterator[TrialRegistry]:
    """With what other programs have there: the keys above ours among it."""
    made = new_registry()
    made.seed("HKCU", rf"{LOCATIONS}\Location0", {"Path": "C:\\Templates\\", "AllowSubfolders": 1})
    yield made
    if isinstance(made, RegistryOfTest):
        made.clear()


@pytest.fixture
def machine(tmp_path: Path, registry: TrialRegistry) -> Machine:
    return new_machine(tmp_path, registry)


def kis(machine: Machine) -> Path:
    return machine.documents / "KIS"


def shortcut(machine: Machine) -> Path:
    return machine.desktop / "KIS Balance.lnk"


def of(outcomes: list[Outcome], name: str) -> Outcome:
    (found,) = [outcome for outcome in outcomes if outcome.name == name]
    return found


@contextmanager
def held_open(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As by Excel: it can be read, and neither replaced nor deleted. Other systems than Windows would let it be."""
    with path.open("rb"), monkeypatch.context() as patch:
        if not ON_WINDOWS:

            def refuse(place: Path, *_: object, **__: object) -> None:
                raise PermissionError(errno.EACCES, "Permission denied", str(place))

            patch.setattr(personal, "write_atomically", refuse)
            patch.setattr(Path, "unlink", refuse)
        yield


def test_everything_is_put_in_place(machine: Machine, registry: TrialRegistry) -> None:
    heard: list[Outcome] = []
    outcomes = install(settings(), TRUSTED, tell=heard.append, machine=machine)
    assert outcomes == heard
    assert states(outcomes) == {"python": "ok", "excel": "ok", "workbook": "done", "shortcut": "done", "trusted location": "done"}
    path = kis(machine) / FILE_NAME
    facts = workbook_facts(path)
    assert (facts.version, facts.personal, facts.legacy, facts.language) == (__version__, True, False, "en")
    assert facts.interpreter == str(machine.python.path)
    assert machine.shortcuts is not None
    assert machine.shortcuts.target(shortcut(machine)) == str(path)
    values = registry.dump()[key_of(kis(machine), "16.0")]
    assert Path(str(values["Path"])) == kis(machine)
    assert str(values["Path"]).endswith("\\" if ON_WINDOWS else "/")
    assert values["AllowSubfolders"] == 0


def test_a_second_time_changes_nothing(machine: Machine, registry: TrialRegistry, tmp_path: Path) -> None:
    install(settings(), TRUSTED, machine=machine)
    before, keys = everything_below(machine.home), registry.dump()
    outcomes = install(settings(), machine=machine)  # what was chosen before is not asked again
    assert states(outcomes) == {
        "python": "ok",
        "excel": "ok",
        "workbook": "already",
        "shortcut": "already",
        "trusted location": "already",
    }
    assert everything_below(machine.home) == before
    assert registry.dump() == keys


def test_uninstall_leaves_the_machine_as_it_was(machine: Machine, registry: TrialRegistry, home: Path) -> None:
    (machine.documents / "가계부.xlsx").write_bytes(b"mine")
    before, keys = everything_below(machine.home), registry.dump()
    install(settings(), TRUSTED, machine=machine)
    install(settings(), TRUSTED, machine=machine)
    outcomes = uninstall(settings(), machine=machine)
    assert states(outcomes) == {"shortcut": "done", "trusted location": "done", "workbook": "done", "left": "ok"}
    assert str(home) in of(outcomes, "left").what.en
    assert everything_below(machine.home) == before
    assert registry.dump() == keys
    assert not (home / "installation").exists()
    assert states(uninstall(settings(), machine=machine)) == {"record": "already", "left": "ok"}


def test_keys_that_had_to_be_made_go_as_well(tmp_path: Path) -> None:
    """On a machine where Excel was never started."""
    registry = new_registry()
    try:
        machine = new_machine(tmp_path, registry)
        registry.seed("HKCU", r"Software\Other", {"kept": 1})
        keys = registry.dump()
        install(settings(), TRUSTED, machine=machine)
        assert len(registry.dump()) > len(keys)
        uninstall(settings(), machine=machine)
        assert registry.dump() == keys
    finally:
        if isinstance(registry, RegistryOfTest):
            registry.clear()


def test_what_has_gone_by_itself_is_no_fault(machine: Machine, registry: TrialRegistry) -> None:
    install(settings(), TRUSTED, machine=machine)
    shutil.rmtree(kis(machine))
    shortcut(machine).unlink()
    registry.remove(key_of(kis(machine), "16.0"), "")
    assert states(uninstall(settings(), machine=machine)) == {
        "shortcut": "already",
        "trusted location": "done",
        "workbook": "already",
        "left": "ok",
    }
    assert recorded(settings().folder) is None


def test_a_used_workbook_of_this_version_is_right_as_it_is(machine: Machine) -> None:
    install(settings(), machine=machine)
    mine = use(kis(machine) / FILE_NAME)
    outcome = of(install(settings(), Wishes(refresh_on_open=False), machine=machine), "workbook")
    assert outcome.state == "already"
    assert "sheet Settings" in outcome.cure.en
    assert (kis(machine) / FILE_NAME).read_bytes() == mine
    assert [path.name for path in kis(machine).iterdir()] == [FILE_NAME]


def test_a_used_workbook_stays_until_its_user_says_otherwise(machine: Machine) -> None:
    install(settings(), TRUSTED, machine=machine)
    path = kis(machine) / FILE_NAME
    mine = use(path)
    kept = of(uninstall(settings(), machine=machine), "workbook")
    assert kept.state == "warned"
    assert str(path) in kept.what.en
    assert path.read_bytes() == mine
    assert not shortcut(machine).exists()
    assert states(uninstall(settings(), delete_workbook=True, machine=machine)) == {"workbook": "done", "left": "ok"}
    assert not kis(machine).exists()
    assert recorded(settings().folder) is None


def of_earlier_version(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(book, "__version__", "0.0.9")
        install(settings(), machine=machine)
    assert workbook_facts(kis(machine) / FILE_NAME).version == "0.0.9"


def test_an_unused_workbook_of_an_earlier_version_is_renewed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    of_earlier_version(machine, monkeypatch)
    assert of(install(settings(), machine=machine), "workbook").state == "done"
    assert workbook_facts(kis(machine) / FILE_NAME).version == __version__
    assert [path.name for path in kis(machine).iterdir()] == [FILE_NAME]


def test_a_used_workbook_of_an_earlier_version_gets_a_new_one_beside_it(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    of_earlier_version(machine, monkeypatch)
    old, new = kis(machine) / FILE_NAME, kis(machine) / f"KISBalance ({__version__}).xlsm"
    mine = use(old)
    outcome = of(install(settings(), machine=machine), "workbook")
    assert outcome.state == "done"
    assert str(old) in outcome.cure.en
    assert "--force" in outcome.cure.en
    assert old.read_bytes() == mine
    assert workbook_facts(new).version == __version__
    assert machine.shortcuts is not None
    assert machine.shortcuts.target(shortcut(machine)) == str(new)
    again = install(settings(), machine=machine)
    assert (of(again, "workbook").state, of(again, "shortcut").state) == ("already", "already")
    assert sorted(path.name for path in kis(machine).iterdir()) == sorted([old.name, new.name])
    use(new)
    assert of(install(settings(), machine=machine), "workbook").state == "already"


def test_force_replaces_a_used_workbook(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    of_earlier_version(machine, monkeypatch)
    use(kis(machine) / FILE_NAME)
    assert of(install(settings(), Wishes(force=True), machine=machine), "workbook").state == "done"
    assert workbook_facts(kis(machine) / FILE_NAME).version == __version__
    assert of(uninstall(settings(), machine=machine), "workbook").state == "done"


def test_a_moved_interpreter_needs_another_workbook(machine: Machine, tmp_path: Path, registry: TrialRegistry) -> None:
    install(settings(), machine=machine)
    moved = new_machine(tmp_path / "다른 곳", registry)
    machine = replace(machine, python=moved.python)
    assert of(install(settings(), machine=machine), "workbook").state == "done"
    assert workbook_facts(kis(machine) / FILE_NAME).interpreter == str(moved.python.path)


def test_a_file_of_that_name_that_is_none_of_ours_stays(machine: Machine) -> None:
    kis(machine).mkdir()
    (kis(machine) / FILE_NAME).write_bytes(b"mine")
    install(settings(), machine=machine)
    uninstall(settings(), delete_workbook=True, machine=machine)
    assert everything_below(kis(machine)) == {FILE_NAME: b"mine"}


def test_too_many_workbooks_is_said(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    kis(machine).mkdir()
    for number in range(3):
        (kis(machine) / workbook._name(number)).write_bytes(b"mine")
    monkeypatch.setattr(workbook, "_MOST", 3)
    with pytest.raises(OutputError, match="too many"):
        install(settings(), machine=machine)


def refreshes(machine: Machine) -> object:
    data = load_workbook(kis(machine) / FILE_NAME)
    ((sheet, cell),) = data.defined_names[Name.REFRESH_ON_OPEN.value].destinations
    return data[sheet][cell].value


def test_refreshing_on_opening_is_on_and_stays_as_it_was_chosen(machine: Machine) -> None:
    install(settings(), machine=machine)
    assert refreshes(machine) is True
    install(settings(), Wishes(refresh_on_open=False), machine=machine)
    assert refreshes(machine) is False
    assert of(install(settings(), machine=machine), "workbook").state == "already"
    assert refreshes(machine) is False


def test_an_old_excel_gets_the_edition_for_it(machine: Machine) -> None:
    outcomes = install(settings(), machine=replace(machine, excel=EXCEL_2019))
    assert "do not spill" in of(outcomes, "excel").what.en
    assert workbook_facts(kis(machine) / FILE_NAME).legacy
    install(settings(), Wishes(legacy=False), machine=replace(machine, excel=EXCEL_2019))
    assert not workbook_facts(kis(machine) / FILE_NAME).legacy


def test_the_folder_can_be_chosen(machine: Machine, tmp_path: Path) -> None:
    folder = tmp_path / "내 자료" / "잔고"
    outcomes = install(settings(), replace(TRUSTED, folder=folder), machine=machine)
    assert (folder / FILE_NAME).is_file()
    assert of(outcomes, "trusted location").state == "done"
    uninstall(settings(), machine=machine)
    assert not (tmp_path / "내 자료").exists()


def test_a_folder_that_somebody_uses_is_not_removed(machine: Machine) -> None:
    install(settings(), machine=machine)
    (kis(machine) / "메모.txt").write_text("mine", encoding="utf-8")
    uninstall(settings(), machine=machine)
    assert [path.name for path in kis(machine).iterdir()] == ["메모.txt"]


def test_nothing_is_trusted_unasked(machine: Machine, registry: TrialRegistry) -> None:
    keys = registry.dump()
    outcome = of(install(settings(), machine=machine), "trusted location")
    assert outcome.state == "skipped"
    assert "--trust" in outcome.cure.en
    assert registry.dump() == keys


@pytest.mark.parametrize("answer", [True, False])
def test_the_user_is_asked_about_that_folder(machine: Machine, registry: TrialRegistry, answer: bool) -> None:
    asked: list[Text] = []

    def ask(question: Text) -> bool:
        asked.append(question)
        return answer

    outcomes = install(settings(), ask=ask, machine=machine)
    assert of(outcomes, "trusted location").state == ("done" if answer else "skipped")
    assert len(asked) == 1
    assert str(kis(machine)) in asked[0].ko
    assert str(kis(machine)) in asked[0].en
    assert (key_of(kis(machine), "16.0") in registry.dump()) is answer


def test_no_trust_takes_the_trusted_location_away(machine: Machine, registry: TrialRegistry) -> None:
    keys = registry.dump()
    install(settings(), TRUSTED, machine=machine)
    outcomes = install(settings(), Wishes(trust=False), machine=machine)
    assert [outcome.state for outcome in outcomes if outcome.name == "trusted location"] == ["done", "skipped"]
    assert registry.dump() == keys


def test_a_trusted_location_that_the_user_has_changed_stays(machine: Machine, registry: TrialRegistry) -> None:
    install(settings(), TRUSTED, machine=machine)
    key = key_of(kis(machine), "16.0")
    registry.seed("HKCU", key, {"Path": "D:\\Elsewhere\\"})
    assert of(uninstall(settings(), machine=machine), "trusted location").state == "warned"
    assert registry.dump()[key]["Path"] == "D:\\Elsewhere\\"


@pytest.mark.parametrize("which", ["documents", "desktop", "home", "above", "root"])
def test_a_folder_where_files_come_and_go_is_not_trusted(machine: Machine, which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = {"above": machine.home.parent, "root": Path(machine.home.anchor)}.get(which) or getattr(machine, which)
    monkeypatch.setattr(workbook, "_write", lambda *_: None)  # nothing is to be written into the root
    outcome = of(install(settings(), replace(TRUSTED, folder=folder), machine=machine), "trusted location")
    assert outcome.state == "skipped"
    assert "--folder" in outcome.cure.en


@pytest.mark.parametrize(
    ("key", "name", "number"),
    [
        (r"Excel\Security\Trusted Locations", "AllLocationsDisabled", 1),
        (r"Common\Security\Trusted Locations", "allow user locations", 0),
        ("Common", "vbaoff", 1),
    ],
)
def test_a_policy_against_trusted_locations_is_told(machine: Machine, registry: TrialRegistry, key: str, name: str, number: int) -> None:
    registry.seed("HKLM", rf"{POLICIES}\{key}", {name: number})
    keys = registry.dump()
    outcomes = install(settings(), TRUSTED, machine=machine)
    assert of(outcomes, "trusted location").state == "skipped"
    assert of(outcomes, "macros").state == "warned"
    assert "administrator" in of(outcomes, "macros").cure.en
    assert registry.dump() == keys


def test_a_policy_against_macros_is_met_by_a_trusted_location(machine: Machine, registry: TrialRegistry) -> None:
    registry.seed("HKCU", rf"{POLICIES}\Excel\Security", {"VBAWarnings": 4})
    assert of(install(settings(), machine=machine), "macros").state == "warned"
    assert of(install(settings(), TRUSTED, machine=machine), "macros").state == "ok"


def test_a_registry_that_refuses_is_told_and_the_rest_is_done(
    machine: Machine, registry: TrialRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> str:
        raise PermissionError(errno.EACCES, "Access is denied")

    monkeypatch.setattr(registry, "write", refuse)
    outcomes = install(settings(), TRUSTED, machine=machine)
    assert of(outcomes, "trusted location").state == "failed"
    assert of(outcomes, "workbook").state == "done"
    known = recorded(settings().folder)
    assert known is not None
    assert not known.of("trusted")


def test_a_trusted_location_that_cannot_be_removed_is_told(
    machine: Machine, registry: TrialRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Access is denied")

    install(settings(), TRUSTED, machine=machine)
    with monkeypatch.context() as patch:
        patch.setattr(registry, "remove", refuse)
        outcome = of(uninstall(settings(), machine=machine), "trusted location")
    assert outcome.state == "failed"
    assert "Trust Center" in outcome.cure.en
    assert of(uninstall(settings(), machine=machine), "trusted location").state == "done"


def test_a_folder_of_the_network_is_not_trusted(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_write", lambda *_: None)
    outcome = of(install(settings(), replace(TRUSTED, folder=Path("//server/share/KIS")), machine=machine), "trusted location")
    assert outcome.state == "skipped"
    assert "network" in outcome.what.en


def test_without_a_shortcut(machine: Machine) -> None:
    install(settings(), machine=machine)
    outcomes = install(settings(), Wishes(shortcut=False), machine=machine)
    assert [outcome.state for outcome in outcomes if outcome.name == "shortcut"] == ["done", "skipped"]
    assert not shortcut(machine).exists()


def test_another_file_of_the_shortcuts_name_stays(machine: Machine) -> None:
    shortcut(machine).write_bytes(b"mine")
    assert of(install(settings(), machine=machine), "shortcut").state == "warned"
    uninstall(settings(), machine=machine)
    assert shortcut(machine).read_bytes() == b"mine"


def test_a_shortcut_that_opens_something_else_by_now_stays(machine: Machine, tmp_path: Path) -> None:
    install(settings(), machine=machine)
    assert machine.shortcuts is not None
    machine.shortcuts.write(shortcut(machine), tmp_path / "다른 파일.xlsx", "mine")
    assert of(install(settings(), machine=machine), "shortcut").state == "warned"
    assert of(uninstall(settings(), machine=machine), "shortcut").state == "warned"
    assert shortcut(machine).exists()


def test_in_another_language_the_shortcut_has_another_name(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    install(settings(), machine=machine)
    monkeypatch.setenv("KIS_XL_LANG", "ko")
    install(settings(), machine=machine)
    assert [path.name for path in machine.desktop.iterdir()] == ["KIS 잔고.lnk"]
    assert workbook_facts(kis(machine) / FILE_NAME).language == "ko"


def test_a_desktop_that_is_not_there_is_told(machine: Machine) -> None:
    machine.desktop.rmdir()
    outcomes = install(settings(), machine=machine)
    assert (of(outcomes, "shortcut").state, of(outcomes, "workbook").state) == ("failed", "done")


def test_a_workbook_that_is_open_is_neither_replaced_nor_deleted(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    of_earlier_version(machine, monkeypatch)
    path = kis(machine) / FILE_NAME
    before = path.read_bytes()
    with held_open(path, monkeypatch):
        with pytest.raises(OutputError, match="cannot be written") as caught:
            install(settings(), machine=machine)
        assert str(path) in caught.value.what.en
        assert "Close it in Excel" in caught.value.hint.en
        failed = of(uninstall(settings(), machine=machine), "workbook")
        assert failed.state == "failed"
        assert "Close it in Excel" in failed.cure.en
    assert path.read_bytes() == before
    assert of(uninstall(settings(), machine=machine), "workbook").state == "done"
    assert not kis(machine).exists()


def test_a_workbook_that_is_open_and_right_is_no_fault(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    install(settings(), machine=machine)
    with held_open(kis(machine) / FILE_NAME, monkeypatch):
        assert of(install(settings(), machine=machine), "workbook").state == "already"


def test_a_folder_that_cannot_be_made_is_told(machine: Machine) -> None:
    machine.documents.rmdir()
    machine.documents.write_bytes(b"a file")
    with pytest.raises(OutputError, match="folder cannot be made") as caught:
        install(settings(), machine=machine)
    assert "--folder" in caught.value.hint.en
    known = recorded(settings().folder)
    assert known is not None
    assert known.puts == ()


def test_a_file_where_the_folder_should_be_is_told(machine: Machine) -> None:
    kis(machine).write_bytes(b"a file")
    with pytest.raises(OutputError, match="folder cannot be made"):
        install(settings(), machine=machine)
    assert kis(machine).read_bytes() == b"a file"


@pytest.mark.skipif(ON_WINDOWS, reason="every name has a home there: Python takes it to lie beside the user's own")
def test_the_home_of_nobody_is_no_folder(machine: Machine) -> None:
    with pytest.raises(ArgumentError, match="--folder"):
        install(settings(), Wishes(folder=Path("~nobody at all/KIS")), machine=machine)


@pytest.mark.skipif(ON_WINDOWS, reason="a folder of that name cannot be read there, either")
def test_a_workbook_that_cannot_be_read_is_told(machine: Machine) -> None:
    (kis(machine) / FILE_NAME).mkdir(parents=True)
    with pytest.raises(OutputError, match="cannot be read"):
        install(settings(), machine=machine)
    known = recorded(settings().folder)
    assert known is not None
    DataFolder(settings().folder.path).part("installation")
    record.Journal(settings().folder).add(Put("workbook", str(kis(machine) / FILE_NAME), "0"))
    assert of(uninstall(settings(), machine=machine), "workbook").state == "failed"


def test_a_workbook_in_onedrive_is_told(machine: Machine) -> None:
    outcomes = install(settings(), machine=replace(machine, cloud=machine.documents.parent))
    assert of(outcomes, "folder").state == "warned"
    assert "--folder" in of(outcomes, "folder").cure.en
    assert "folder" not in states(install(settings(), machine=replace(machine, cloud=machine.desktop)))


def full(place: Path, *_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", str(place))


def test_a_full_disk_leaves_nothing_half_done(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything_below(machine.home)
    monkeypatch.setattr(personal, "write_atomically", full)
    with pytest.raises(OutputError, match="No space left"):
        install(settings(), machine=machine)
    assert everything_below(machine.home) == before
    known = recorded(settings().folder)
    assert known is not None
    assert known.puts == ()


def test_without_room_for_the_record_nothing_is_begun(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    before = everything_below(machine.home)
    monkeypatch.setattr(record, "write_atomically", full)
    with pytest.raises(OutputError, match="record of the installation"):
        install(settings(), TRUSTED, machine=machine)
    assert everything_below(machine.home) == before


def test_what_could_not_be_recorded_is_taken_up_by_the_next_one(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0

    def full_after_two(path: Path, data: bytes) -> None:
        nonlocal calls
        calls += 1
        write_atomically(path, data) if calls <= 2 else full(path)

    with monkeypatch.context() as patch:
        patch.setattr(record, "write_atomically", full_after_two)  # the begin and the folder are recorded, the workbook is not
        with pytest.raises(OutputError, match="record of the installation"):
            install(settings(), machine=machine)
    assert of(install(settings(), machine=machine), "workbook").state == "already"
    assert of(uninstall(settings(), machine=machine), "workbook").state == "done"
    assert not kis(machine).exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"format": 2}',
        '{"format": 1, "package": "", "time": "", "refresh_on_open": true, "puts": [{"kind": "x", "where": ""}]}',
    ],
)
def test_a_record_that_cannot_be_read_is_told(machine: Machine, home: Path, text: str) -> None:
    path = DataFolder(home).part("installation") / "record.json"
    path.write_text(text, encoding="utf-8")
    for run in (install, uninstall):
        with pytest.raises(DataError, match="cannot be read") as caught:
            run(settings(), machine=machine)
        assert str(path) in caught.value.what.en
    assert not kis(machine).exists()


def test_python_from_the_store_is_refused(machine: Machine) -> None:
    with pytest.raises(ConfigError, match="Microsoft Store") as caught:
        install(settings(), machine=replace(machine, python=replace(machine.python, store=True)))
    assert "python.org" in caught.value.hint.en
    assert recorded(settings().folder) is None
    assert not kis(machine).exists()


def test_a_python_that_excel_cannot_reach_is_refused(machine: Machine) -> None:
    with pytest.raises(ConfigError, match="code page"):
        install(settings(), machine=replace(machine, code_page="cp1252"))
    (dll,) = machine.python.path.parent.parent.glob("xlwings64-*.dll")
    dll.rename(dll.with_name("xlwings64-0.1.dll"))
    with pytest.raises(ConfigError, match="64-bit") as caught:
        install(settings(), machine=machine)
    assert "--force-reinstall" in caught.value.hint.en
    install(settings(), machine=replace(machine, excel=EXCEL_2019))  # a 32-bit one, whose DLL is there
    assert (kis(machine) / FILE_NAME).is_file()


def test_without_excel_everything_is_prepared(machine: Machine) -> None:
    outcomes = install(settings(), machine=replace(machine, excel=None))
    assert (of(outcomes, "excel").state, of(outcomes, "workbook").state) == ("warned", "done")


def test_excel_from_the_store_is_told_plainly(machine: Machine) -> None:
    excel = replace(EXCEL_2019, edition="store", has_dynamic_arrays=None)
    outcome = of(install(settings(), machine=replace(machine, excel=excel)), "excel")
    assert outcome.state == "warned"
    assert "functions do not compute" in outcome.what.en


def test_where_there_is_no_excel_only_the_workbook_is_made(tmp_path: Path) -> None:
    machine = new_machine(tmp_path, None, "other")
    outcomes = install(settings(), TRUSTED, machine=machine)
    assert states(outcomes) == {"python": "ok", "excel": "warned", "workbook": "done"}
    assert "LibreOffice" in of(outcomes, "excel").what.en
    assert "kis-xl export" in of(outcomes, "excel").cure.en
    uninstall(settings(), machine=machine)
    assert everything_below(machine.home) == {"문서": b"", "바탕 화면": b""}


def on_a_mac(tmp_path: Path) -> Machine:
    machine = new_machine(tmp_path, None, "mac")

    def allow() -> None:
        (machine.home / "Library/Application Scripts/com.microsoft.Excel/xlwings-0.37.8.applescript").write_text("on run")

    return replace(machine, allow_scripts=allow)


def test_a_mac_gets_xlwings_script(tmp_path: Path) -> None:
    machine = on_a_mac(tmp_path)
    before = everything_below(machine.home)
    outcomes = install(settings(), machine=machine)
    assert states(outcomes) == {"python": "ok", "excel": "warned", "workbook": "done", "trusted location": "skipped", "script": "done"}
    assert of(install(settings(), machine=machine), "script").state == "already"
    uninstall(settings(), machine=machine)
    assert everything_below(machine.home) == before


def test_excel_on_a_mac_is_told_plainly(tmp_path: Path) -> None:
    machine = replace(on_a_mac(tmp_path), excel=replace(EXCEL_2019, edition="mac", has_dynamic_arrays=None))
    assert "formulas are not computed" in of(install(settings(), machine=machine), "excel").what.en


def test_a_script_that_was_there_before_stays(tmp_path: Path) -> None:
    machine = on_a_mac(tmp_path)
    (machine.home / "Library/Application Scripts/com.microsoft.Excel").mkdir(parents=True)
    machine.allow_scripts()
    before = everything_below(machine.home)
    assert of(install(settings(), machine=machine), "script").state == "already"
    uninstall(settings(), machine=machine)
    assert everything_below(machine.home) == before


def test_a_script_that_cannot_be_put_is_told(tmp_path: Path) -> None:
    def fail() -> None:
        raise subprocess.CalledProcessError(1, "osascript")

    machine = replace(new_machine(tmp_path, None, "mac"), allow_scripts=fail)
    outcome = of(install(settings(), machine=machine), "script")
    assert outcome.state == "failed"
    assert "xlwings runpython install" in outcome.cure.en


@pytest.mark.skipif(ON_WINDOWS, reason="its shortcuts and registry are there")
def test_what_another_system_has_put_stays_recorded(machine: Machine) -> None:
    install(settings(), TRUSTED, machine=machine)
    outcomes = uninstall(settings(), machine=replace(machine, system="other", registry=None, shortcuts=None))
    assert (of(outcomes, "shortcut").state, of(outcomes, "trusted").state) == ("failed", "failed")
    known = recorded(settings().folder)
    assert known is not None
    assert {put.kind for put in known.puts} == {"shortcut", "trusted"}
