"""Install, status and remove with each scheduler: what it is asked, what is left behind, what is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kis_xl import kst, schedule
from kis_xl.cli import main
from kis_xl.datafolder import DataFolder
from kis_xl.errors import ConfigError, OutputError
from kis_xl.schedule import plan as plans
from kis_xl.schedule import runs, sign, system
from kis_xl.schedule.cron import Crontab
from kis_xl.schedule.plan import Plan
from kis_xl.schedule.windows import TaskScheduler
from kis_xl.settings import Settings
from kis_xl.trading import closed_file
from tests.schedule_kit import SCHEDULERS, THURSDAY, Fakes, clock, fakes, files_below, folder, job

NUMBER, KEY, SECRET = "11223344-01", "PSplantedkeyplantedkeyplantedkey", "planted/secret+planted/secret+planted=="
PROGRAM = {"windows": "schtasks", "launchd": "launchctl", "systemd": "systemctl", "cron": "crontab"}


@pytest.fixture(params=list(SCHEDULERS))
def each(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Fakes]:
    """One scheduler after the other, an account in the environment, a Thursday morning."""
    with fakes(monkeypatch, tmp_path, request.param) as made:
        account(monkeypatch)
        yield made


def account(monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, THURSDAY, "09:00:00")
    for name, value in (("KIS_XL_ACCOUNT", NUMBER), ("KIS_XL_APPKEY", KEY), ("KIS_XL_APPSECRET", SECRET)):
        monkeypatch.setenv(name, value)


@pytest.fixture
def cron(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Fakes]:
    """cron, and an account."""
    with fakes(monkeypatch, tmp_path, "cron") as made:
        account(monkeypatch)
        yield made


def entry(made: Fakes) -> str:
    """What the scheduler has been given."""
    if made.kind == "windows":
        return made.kept("schtasks").read_bytes().decode("utf-16")
    if made.kind == "systemd":
        units = "".join(path.read_text(encoding="utf-8") for path in sorted(Path.home().rglob("kis-xl-report*")))
        return units.replace("\\\\", "\\")  # Windows' paths, where this is tested there
    return made.kept(PROGRAM[made.kind]).read_text(encoding="utf-8")


def test_install_status_remove(each: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_below(Path.home())
    assert main(["schedule", "install"]) == 0
    said = capsys.readouterr()
    assert f"scheduled: each trading day at 16:00 (KST), {each.scheduler.caption.en}" in said.out
    assert f"next run: {THURSDAY} 16:00 KST" in said.out
    assert str(folder().path / "reports") in said.out
    assert "KIS_XL_ACCOUNT" in said.err  # the run will not see it
    for word in (plans.command(folder(), "en")[0], "kis_xl", "schedule", "run", "--home", str(folder().path), "--lang", "en"):
        assert word in entry(each)

    assert main(["schedule", "status"]) == 0
    said = capsys.readouterr()
    assert "scheduler: registered" in said.out
    assert "last planned run: none yet" in said.out
    assert f"next planned run: {THURSDAY} 16:00 KST" in said.out
    assert "not of this installation" not in said.err

    assert main(["schedule", "remove"]) == 0
    assert "removed" in capsys.readouterr().out
    assert files_below(Path.home()) == before
    assert not (folder().path / "schedule").exists()
    if each.kind != "systemd":
        assert not each.kept(PROGRAM[each.kind]).exists()


def test_a_second_install_replaces_the_first(each: Fakes, tmp_path: Path) -> None:
    settings = Settings.load()
    schedule.install(settings)
    first = entry(each)
    schedule.install(settings)
    assert entry(each) == first
    done = schedule.install(settings, at="17:30", output=str(tmp_path / "out"))
    assert entry(each) != first
    assert (done.plan.at.hour, done.plan.at.minute, done.reports) == (17, 30, tmp_path / "out")
    assert Plan.load(folder()) == done.plan
    assert schedule.remove(settings)
    assert not schedule.remove(settings)


def test_removing_nothing_is_fine_and_says_so(each: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schedule", "remove"]) == 0
    assert capsys.readouterr().out == "nothing is scheduled\n"
    assert main(["schedule", "status"]) == 0
    assert "schedule install" in capsys.readouterr().out
    assert not folder().path.exists()


def test_no_secret_is_written_anywhere(each: Fakes, tmp_path: Path) -> None:
    schedule.install(Settings.load(), output=str(tmp_path / "out"))
    schedule.status(Settings.load())
    written = files_below(tmp_path)
    assert len(written) > 3
    for path, data in written.items():
        for text in (data.decode("utf-8", errors="replace"), data.decode("utf-16", errors="replace")):
            for secret in (NUMBER.split("-", maxsplit=1)[0], KEY, SECRET):
                assert secret not in text, path


def test_what_the_scheduler_refuses_is_told_and_leaves_no_plan(each: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    refused = {"windows": "/create", "launchd": "bootstrap", "systemd": "restart", "cron": "-"}[each.kind]
    each.refuse(PROGRAM[each.kind], refused, said=f"액세스가 거부되었습니다 {KEY}")
    assert main(["schedule", "install"]) == 7
    said = capsys.readouterr().err
    assert said.startswith("error: OUTPUT: ")
    assert KEY not in said
    assert Plan.load(folder()) is None
    assert not schedule.remove(Settings.load())
    before = Plan(plans.DEFAULT_AT, kst.now(), each.kind, "en")
    before.save(folder())
    with pytest.raises(OutputError):
        schedule.install(Settings.load(), at="17:00")
    assert Plan.load(folder()) == before


def test_a_scheduler_that_does_not_let_go_is_told(each: Fakes) -> None:
    if each.kind == "launchd":
        pytest.skip("launchd refuses to unload only what is not loaded")
    schedule.install(Settings.load())
    each.refuse(PROGRAM[each.kind], {"windows": "/delete", "systemd": "disable", "cron": "-r"}[each.kind])
    with pytest.raises(OutputError, match="did not remove it: refused"):
        schedule.remove(Settings.load())
    assert Plan.load(folder()) is not None


def test_what_is_scheduled_for_another_installation_is_told(each: Fakes, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    schedule.install(Settings.load())
    (other,) = schedule.status(Settings.load()).notes[:1]
    assert "does not see" in other.en  # nothing else to tell
    each.scheduler.install(job(plans.command(DataFolder(tmp_path / "other"), "en"), mark=plans.mark(folder())))
    assert main(["schedule", "status"]) == 0
    assert "not of this installation" in capsys.readouterr().err


def test_what_has_gone_from_the_scheduler_is_told(each: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    schedule.install(Settings.load())
    each.scheduler.remove(plans.mark(folder()))
    assert main(["schedule", "status"]) == 0
    said = capsys.readouterr()
    assert "scheduler: not there" in said.out
    assert "run `kis-xl schedule install` again" in said.err
    assert schedule.remove(Settings.load())  # the plan was there


def test_a_schedule_whose_plan_is_gone_is_told(each: Fakes, capsys: pytest.CaptureFixture[str]) -> None:
    schedule.install(Settings.load())
    plans.plan_file(folder()).write_text("{", encoding="utf-8")
    assert main(["schedule", "status"]) == 0
    said = capsys.readouterr()
    assert "nothing is scheduled" in said.out
    assert "whose plan cannot be read" in said.err
    assert schedule.remove(Settings.load())
    assert main(["schedule", "status"]) == 0
    assert not capsys.readouterr().err


def test_two_data_folders_have_a_schedule_each(each: Fakes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = folder().path, tmp_path / "second"
    for home, at in ((first, "16:00"), (second, "17:00")):
        monkeypatch.setenv("KIS_XL_HOME", str(home))
        schedule.install(Settings.load(), at=at)
    alone = {}
    for home, hour in ((first, 16), (second, 17)):
        monkeypatch.setenv("KIS_XL_HOME", str(home))
        now = schedule.status(Settings.load())
        assert now.plan is not None
        assert now.plan.at.hour == hour
        assert now.found is not None
        assert (now.found.there, now.found.current) == (True, True)
        alone[home] = now.found
    monkeypatch.setenv("KIS_XL_HOME", str(first))
    assert schedule.remove(Settings.load())
    assert not schedule.remove(Settings.load())
    monkeypatch.setenv("KIS_XL_HOME", str(second))
    assert schedule.status(Settings.load()).found == alone[second]
    assert schedule.remove(Settings.load())
    assert not files_below(Path.home())


def test_the_usual_data_folder_has_the_plain_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert plans.mark(folder()) != ""
    monkeypatch.delenv("KIS_XL_HOME")
    assert plans.mark(Settings.load().folder) == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--at", "25:00"], 2, "--at"),
        (["--output", "r.xlsx"], 2, "--output"),
        (["--output", " "], 2, "--output"),
        (["--output", "{file}/below"], 7, "cannot be written"),
    ],
)
def test_wrong_usage(cron: Fakes, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str) -> None:
    (tmp_path / "file").touch()
    assert main(["schedule", "install", *(word.format(file=tmp_path / "file") for word in arguments)]) == code
    assert said in capsys.readouterr().err
    assert not cron.calls("-")
    assert Plan.load(folder()) is None


def test_without_an_account_nothing_is_scheduled(cron: Fakes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("KIS_XL_ACCOUNT", "KIS_XL_APPKEY", "KIS_XL_APPSECRET"):
        monkeypatch.delenv(name)
    assert main(["schedule", "install"]) == 2
    assert "no account" in capsys.readouterr().err
    assert not cron.calls("-")


def test_without_a_scheduler_that_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    account(monkeypatch)
    monkeypatch.setattr(system, "find", lambda name: [])
    assert schedule.supported() is None
    assert main(["schedule", "install"]) == 2
    assert "kis-xl export --all" in capsys.readouterr().err
    assert main(["schedule", "status"]) == 0
    assert main(["schedule", "remove"]) == 0


def test_a_python_that_cannot_start_the_program_is_told(cron: Fakes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare = (sys.executable, "-P", "-S", "-m", "kis_xl", "schedule", "run")  # -S: without what is installed
    for words in (bare, (str(tmp_path / "gone"), *bare[1:])):
        monkeypatch.setattr(plans, "command", lambda *_, words=words: words)
        with pytest.raises(ConfigError, match="cannot start kis_xl"):
            schedule.install(Settings.load())
    assert not cron.calls("-")


def test_a_time_within_the_session_is_told(cron: Fakes) -> None:
    assert any("no closing prices" in note.en for note in schedule.install(Settings.load(), at="10:00").notes)
    assert not any("no closing prices" in note.en for note in schedule.install(Settings.load(), at="15:40").notes)


def test_each_system_has_its_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    for platform, kinds in (("win32", ["windows"]), ("darwin", ["launchd"]), ("linux", ["systemd", "cron"])):
        monkeypatch.setattr(sys, "platform", platform)
        assert [each.kind for each in schedule._all()] == kinds


def test_where_systemd_does_not_answer_cron_does_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with fakes(monkeypatch, tmp_path, "cron"):
        account(monkeypatch)
        monkeypatch.setattr(schedule, "_all", lambda: [SCHEDULERS["systemd"](), SCHEDULERS["cron"]()])
        script = tmp_path / "programs" / "fake.py"
        found = system.find
        monkeypatch.setattr(system, "find", lambda name: [sys.executable, str(script), name] if name == "systemctl" else found(name))
        made = Fakes(tmp_path / "state", "cron")
        assert schedule.supported() == SCHEDULERS["systemd"].caption
        schedule.install(Settings.load())
        made.refuse("systemctl", "--property=Version", said="Failed to connect to bus")
        assert schedule.supported() == Crontab.caption
        # what systemd had is taken out, or there would be two
        assert schedule.install(Settings.load()).scheduler == Crontab.caption
        assert not list(Path.home().rglob("kis-xl-report*"))
        assert schedule.remove(Settings.load())


# --- what each scheduler has of its own


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no crontab, and reads bytes in its own code page")
def test_the_users_own_crontab_is_kept(cron: Fakes) -> None:
    own = b"MAILTO=me\n# \xb1\xe8 in another encoding\r\n0 1 * * * /bin/true %x\n"
    for before in (own, own + b"\n", own.rstrip(b"\n")):
        cron.kept("crontab").write_bytes(before)
        schedule.install(Settings.load())
        schedule.install(Settings.load(), at="17:00")
        kept = cron.kept("crontab").read_bytes()
        assert kept.startswith(before)
        assert kept.count(b"@reboot") == 1
        assert schedule.remove(Settings.load())
        assert cron.kept("crontab").read_bytes() == before.rstrip(b"\n") + b"\n" * max(1, before.count(b"\n\n") + 1)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("# kis_xl: end", "# something else"),  # what follows is the user's own
        lambda text: text.replace("@reboot", "#@reboot"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("# kis_xl: end", "30 2 * * * /bin/mine-within\n# kis_xl: end"),
    ],
)
def test_a_crontab_that_was_edited_by_hand_loses_no_line_of_the_users(cron: Fakes, damage: Callable[[str], str]) -> None:
    cron.kept("crontab").write_text("0 1 * * * /bin/mine-before\n")
    schedule.install(Settings.load())
    edited = damage(cron.kept("crontab").read_text()) + "0 3 * * * /bin/mine-after\n"
    cron.kept("crontab").write_bytes(edited.encode())
    mine = [line for line in edited.split("\n") if "/bin/mine" in line]
    for at in ("16:00", "17:00"):
        schedule.install(Settings.load(), at=at)
        text = cron.kept("crontab").read_bytes().decode()
        assert [line for line in text.split("\n") if "/bin/mine" in line] == mine
        assert text.count(" schedule run ") == 2
    assert schedule.remove(Settings.load())
    left = cron.kept("crontab").read_bytes().decode()
    assert [line for line in left.split("\n") if "/bin/mine" in line] == mine
    assert "schedule run" not in left


def test_a_crontab_that_cannot_be_read_is_not_written_anew(cron: Fakes) -> None:
    own = b"0 1 * * * /bin/true\n"
    cron.kept("crontab").write_bytes(own)
    schedule.install(Settings.load())
    held = cron.kept("crontab").read_bytes()
    cron.refuse("crontab", "-l", said="you are not allowed")
    for work in (schedule.install, schedule.remove):
        with pytest.raises(OutputError, match="not allowed"):
            work(Settings.load())
    assert "not allowed" in (schedule.status(Settings.load()).found or system.Found(there=True)).said
    assert cron.kept("crontab").read_bytes() == held


def test_a_task_that_may_not_start_at_logon_starts_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with fakes(monkeypatch, tmp_path, "windows") as made:
        tried = []
        create = TaskScheduler._create

        def strict(self: TaskScheduler, document: bytes, mark: str) -> system.Called:
            tried.append("LogonTrigger" in document.decode("utf-16"))
            return system.Called(1, "", "Access is denied.") if tried[-1] else create(self, document, mark)

        monkeypatch.setattr(TaskScheduler, "_create", strict)
        assert made.scheduler.install(job()) == ("kis_xl_홍_길동",)
        assert tried == [True, False]
        assert "LogonTrigger" not in entry(made)
        assert not list(tmp_path.rglob("kis_xl_task_*"))


def test_the_task_is_the_users_by_sid_or_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with fakes(monkeypatch, tmp_path, "windows") as made:
        made.scheduler.install(job())
        assert "<UserId>S-1-5-21-1004336348-1177238915-682003330-1001</UserId>" in entry(made)
        made.refuse("whoami")
        monkeypatch.setenv("USERDOMAIN", "PC")
        made.scheduler.install(job())
        assert "<UserId>PC\\홍 길동</UserId>" in entry(made)
        monkeypatch.delenv("USERDOMAIN")
        made.scheduler.install(job())
        assert "<UserId>홍 길동</UserId>" in entry(made)


def test_launchd_is_asked_again_while_it_is_unloading(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with fakes(monkeypatch, tmp_path, "launchd") as made:
        made.scheduler.install(job())
        assert len(made.calls("bootstrap")) == 1
        made.scheduler.install(job())
        assert len(made.calls("bootstrap")) == 3
        assert made.scheduler.find(job()).said == "state = not running · runs = 3 · last exit code = 0"


@pytest.mark.parametrize("kind", ["systemd", "launchd"])
def test_files_that_are_gone_or_damaged_are_not_current(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    with fakes(monkeypatch, tmp_path, kind) as made:
        made.scheduler.install(job())
        assert made.scheduler.find(job()).current
        for path in files_below(Path.home()):
            path.write_bytes(b"\xff")
        assert made.scheduler.find(job()).there
        assert not made.scheduler.find(job()).current
        for path in files_below(Path.home()):
            path.unlink()
        assert not made.scheduler.find(job()).current


def test_a_folder_of_the_schedulers_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with fakes(monkeypatch, tmp_path, "systemd") as made:
        (Path.home() / ".config").touch()
        with pytest.raises(OutputError, match="cannot be written"):
            made.scheduler.install(job())


@pytest.mark.parametrize("kind", ["systemd", "launchd"])
def test_a_file_that_cannot_be_deleted_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    def held(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with fakes(monkeypatch, tmp_path, kind) as made:
        made.scheduler.install(job())
        monkeypatch.setattr(Path, "unlink", held)
        with pytest.raises(OutputError, match="cannot be deleted"):
            made.scheduler.remove("")


@pytest.mark.parametrize("kind", ["systemd", "launchd", "cron"])
def test_which_variables_a_run_sees(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    with fakes(monkeypatch, tmp_path, kind) as made:
        made.kept("crontab").write_text("KIS_XL_APPKEY = x\n0 1 * * * echo KIS_XL_APPSECRET=1\n")
        assert made.scheduler.sees("KIS_XL_APPKEY")
        assert not made.scheduler.sees("KIS_XL_APPSECRET")


@pytest.mark.skipif(sys.platform != "win32", reason="Windows keeps a user's variables in its registry")
def test_windows_knows_the_users_variables() -> None:
    assert TaskScheduler().sees("PATH")
    assert not TaskScheduler().sees("KIS_XL_OF_NOBODY")


# --- programs of the system


def test_a_program_that_is_not_there_or_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not system.call("no-such-program-of-ours").ok
    monkeypatch.setattr(system, "find", lambda _: [sys.executable])
    monkeypatch.setattr(system, "_PATIENCE", 0.2)
    assert "no answer" in system.call("x", "-c", "import time; time.sleep(20)").said
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    assert "Permission denied" in system.call("x").said


def test_what_programs_say_is_read_in_any_encoding() -> None:
    assert system.decode("예약".encode()) == "예약"
    assert system.decode("예약".encode("utf-16")) == "예약"
    strange = "예약".encode("cp949")
    assert system.decode(strange).encode(errors="surrogateescape") == strange or sys.platform == "win32"
    assert system.Called(1, "", "a\r\n\x1b[0mb" + "c" * 999).said.startswith("a [0mbc")
    assert len(system.Called(1, "x" * 999, "").said) == 300


def test_the_sign_goes_with_the_schedule_and_when_its_folder_changes(cron: Fakes, tmp_path: Path) -> None:
    settings = Settings.load()
    done = schedule.install(settings, output=str(tmp_path / "one"))
    broke = runs.ended(runs.Run(None, done.plan.since), done.plan.since, 2, ())
    for later in ("two", "three"):
        plan = Plan.load(folder())
        assert plan is not None
        sign.update(plan, folder(), broke, [], None)
        assert list(tmp_path.rglob(sign.NAME.en)) == [plan.reports(folder()) / sign.NAME.en]
        if later == "three":
            schedule.remove(settings)
        else:
            schedule.install(settings, output=str(tmp_path / later))
        assert not list(tmp_path.rglob(sign.NAME.en))


def test_the_users_list_of_closures_outlives_the_schedule(cron: Fakes) -> None:
    schedule.install(Settings.load())
    closed_file(folder()).write_text(f"{THURSDAY}\n")
    assert schedule.status(Settings.load()).next == plans.TradingDays().next(plans.DEFAULT_AT, kst.now().replace(hour=17))
    schedule.remove(Settings.load())
    assert [path.name for path in (folder().path / "schedule").iterdir()] == ["closed-days.txt"]
