"""Changing the configuration: comments stay, secrets come and go with their account, and nothing is ever half done."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from filelock import FileLock

from kis_xl import configedit, configfile, datafolder, leftovers
from kis_xl import settings as settings_module
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
from kis_xl.errors import AccountError, ConfigError, OutputError
from kis_xl.language import Text
from kis_xl.secretstore import FileStore
from kis_xl.settings import Settings
from tests.conftest import REPOSITORY

SECRETS = {"number": "12345678-01", "appkey": "PS" + "k" * 34, "appsecret": "s" * 180}


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "내 자료")


def new(name: str, **settings: str | int | bool) -> NewAccount:
    return NewAccount(name, {"number": "1234****-01", "environment": "real", **settings}, {}, SECRETS)


def loaded(folder: DataFolder) -> Settings:
    return Settings.load({"KIS_XL_HOME": str(folder.path)})


def entries(folder: DataFolder) -> list[str]:
    return sorted(path.stem for path in (folder.path / "secrets").glob("*.json"))


def text(folder: DataFolder) -> str:
    return (folder.path / "config.toml").read_text(encoding="utf-8")


def test_an_account_that_was_added_is_there_with_its_keys(folder: DataFolder) -> None:
    store = ConfigEditor(folder).add(new("내 계좌"))
    assert store is not None
    assert store.kind == "file"
    account = loaded(folder).account()
    assert (account.name, account.number.masked, account.appkey.reveal()) == ("내 계좌", "1234****-01", SECRETS["appkey"])
    for secret in SECRETS.values():
        assert secret not in text(folder)
    assert "12345678" not in text(folder)


def test_what_its_owner_wrote_stays(folder: DataFolder) -> None:
    editor = ConfigEditor(folder)
    editor.add(new("one"))
    editor.add(new("two", environment="mock"))
    path = folder.path / "config.toml"
    mine = text(folder).replace('environment = "mock"', 'environment = "mock"   # my wife\'s\ncalls_per_second = 3 # new key')
    path.write_text("# my notes\n" + mine + "\n# the end\n", encoding="utf-8")
    editor.rename("TWO", "둘")
    editor.set_default("둘")
    editor.set_preference("language", "ko")
    editor.add(new("둘", environment="mock"), replace=True)
    editor.remove("one")
    now = text(folder)
    for kept in ("# my notes", "# my wife's", "calls_per_second = 3 # new key", "# the end"):
        assert kept in now
    settings = loaded(folder)
    assert (settings.account_names(), settings.language, settings.account().calls_per_second) == (("둘",), "ko", 3)


def test_a_second_account_of_a_name_is_refused_in_any_case(folder: DataFolder) -> None:
    editor = ConfigEditor(folder)
    editor.add(new("Pension"))
    before = text(folder), entries(folder)
    for name in ("Pension", "PENSION"):
        with pytest.raises(AccountError, match="called Pension"):
            editor.add(new(name))
    editor.add(new("other"))
    with pytest.raises(AccountError, match="called pension"):
        editor.rename("other", "pension")
    editor.remove("other")
    assert (text(folder), entries(folder)) == before


def test_an_account_may_be_renamed_in_case_only(folder: DataFolder) -> None:
    editor = ConfigEditor(folder)
    editor.add(new("pension"))
    editor.rename("pension", "Pension")
    assert loaded(folder).account_names() == ("Pension",)
    assert loaded(folder).account().appkey.reveal() == SECRETS["appkey"]


def test_replaced_keys_leave_no_old_entry(folder: DataFolder) -> None:
    editor = ConfigEditor(folder)
    editor.add(new("one"))
    (old,) = entries(folder)
    editor.add(NewAccount("one", {"number": "1234****-01"}, {}, {**SECRETS, "appkey": "PSnew"}), replace=True)
    (now,) = entries(folder)
    assert old != now
    assert loaded(folder).account("one").appkey.reveal() == "PSnew"


def test_removing_takes_the_secrets_along_and_the_default_moves_on(folder: DataFolder) -> None:
    editor = ConfigEditor(folder)
    for name in ("one", "two", "three"):
        editor.add(new(name))
    editor.set_default("two")
    editor.remove("two")
    assert loaded(folder).account_names() == ("one", "three")
    assert len(entries(folder)) == 2
    editor.remove("one")
    editor.remove("three")
    assert entries(folder) == []
    assert loaded(folder).account_names() == ()
    assert not list((folder.path / "locks").glob("*.json"))


def test_what_is_not_there_is_told_with_what_is(folder: DataFolder) -> None:
    editor = ConfigEditor(folder)
    editor.add(new("one"))
    for change in (lambda: editor.remove("two"), lambda: editor.rename("two", "x"), lambda: editor.set_default("two")):
        with pytest.raises(AccountError) as caught:
            change()
        assert "one" in caught.value.hint.en


def test_a_file_that_is_wrong_is_not_touched(folder: DataFolder) -> None:
    editor = ConfigEditor(folder)
    editor.add(new("one"))
    broken = text(folder) + "\nwhat is this\n"
    (folder.path / "config.toml").write_text(broken, encoding="utf-8")
    with pytest.raises(ConfigError, match="line"):
        editor.add(new("two"))
    assert text(folder) == broken
    assert len(entries(folder)) == 1


def test_a_value_that_would_make_the_file_wrong_is_refused_and_leaves_nothing(folder: DataFolder) -> None:
    editor = ConfigEditor(folder)
    with pytest.raises(ConfigError, match="environment"):
        editor.add(new("one", environment="paper"))
    assert entries(folder) == []
    assert not (folder.path / "config.toml").exists()


def test_a_full_disk_leaves_neither_account_nor_secret(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = ConfigEditor(folder)
    editor.add(new("one"))
    before = text(folder), entries(folder)
    write = datafolder.write_atomically

    def full(path: Path, data: bytes, *, keep_mode: bool = False) -> None:
        if path.name == configfile.FILE_NAME:
            raise OSError(28, "No space left on device")
        write(path, data, keep_mode=keep_mode)

    with monkeypatch.context() as patched:
        patched.setattr(configedit, "write_atomically", full)
        with pytest.raises(OutputError, match="No space"):
            editor.add(new("two"))
        with pytest.raises(OutputError, match="No space"):
            editor.remove("one")
    assert (text(folder), entries(folder)) == before
    assert loaded(folder).account("one").appkey.reveal() == SECRETS["appkey"]


KILLED = """
import os, signal, sys
from pathlib import Path
from kis_xl import configedit
from kis_xl.datafolder import DataFolder
configedit.ConfigEditor._write = lambda *given, **more: os.kill(os.getpid(), signal.SIGKILL)
secrets = {"number": "12345678-01", "appkey": "k", "appsecret": "s"}
configedit.ConfigEditor(DataFolder(Path(sys.argv[1]))).add(configedit.NewAccount("two", {"number": "1234****-01"}, {}, secrets))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_a_killed_process_left_in_the_store_is_cleared_up_by_the_next_change(folder: DataFolder) -> None:
    ConfigEditor(folder).add(new("one"))
    kept = entries(folder)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder.path)], cwd=REPOSITORY, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(entries(folder)) == 2
    assert loaded(folder).account_names() == ("one",)
    ConfigEditor(folder).set_preference("language", "ko")
    assert entries(folder) == kept
    assert loaded(folder).account().appkey.reveal() == SECRETS["appkey"]


def test_changes_at_once_are_all_kept(folder: DataFolder) -> None:
    threads = [threading.Thread(target=ConfigEditor(folder).add, args=(new(f"account {number}"),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(loaded(folder).account_names()) == [f"account {number}" for number in range(8)]
    assert len(entries(folder)) == 8


def test_a_change_waits_for_another_and_says_so_if_that_never_ends(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configedit, "_PATIENCE", 0.1)
    holder = FileLock(folder.part("locks") / "config.lock")
    with holder:
        began = time.monotonic()
        with pytest.raises(ConfigError) as caught:
            ConfigEditor(folder).set_preference("language", "en")
        assert time.monotonic() - began < 5
    assert "another" in caught.value.message("en")
    assert not (folder.path / "config.toml").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_file_that_is_a_link_stays_one(folder: DataFolder, tmp_path: Path) -> None:
    elsewhere = tmp_path / "dotfiles" / "kis.toml"
    elsewhere.parent.mkdir()
    elsewhere.write_text("# mine\n", encoding="utf-8")
    folder.path.mkdir()
    (folder.path / "config.toml").symlink_to(elsewhere)
    ConfigEditor(folder).add(new("one"))
    assert (folder.path / "config.toml").is_symlink()
    assert "# mine" in elsewhere.read_text(encoding="utf-8")
    assert loaded(folder).account_names() == ("one",)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no permission bits")
def test_all_of_it_is_for_its_owner_only(folder: DataFolder) -> None:
    before = os.umask(0)
    try:
        ConfigEditor(folder).add(new("one"))
    finally:
        os.umask(before)
    for path in [folder.path, *folder.path.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_note_that_is_damaged_stops_nobody(folder: DataFolder) -> None:
    (folder.part("locks") / "pending.json").write_text("[1, 2")
    ConfigEditor(folder).add(new("one"))
    (folder.part("locks") / "pending.json").write_text(json.dumps({"../../x": "file"}))
    ConfigEditor(folder).add(new("two"))
    assert loaded(folder).account_names() == ("one", "two")


# what a person may have written


SHAPES = {
    "tables that lie apart": '[accounts.a]\npractice = true\n\n[parameters]\nAFHR_FLPR_YN = "X"\n\n[accounts.b]\npractice = true\n',
    "a header of its own": (
        "[accounts] # all of mine\n# and more\n[accounts.a]\npractice = true\n[accounts.b] # the second\npractice = true\n"
    ),
    "ends of lines of Windows": "[accounts.a]\r\npractice = true\r\n\r\n# --- b\r\n[accounts.b]\r\npractice = true\r\n",
    "a table below an account": (
        '[accounts.a]\npractice = true\n[accounts.a.parameters]\nAFHR_FLPR_YN = "X"\n[accounts.b]\npractice = true\n'
    ),
    "names in quotes": "['accounts'.\"a\"]\npractice = true\n[ accounts . 'b' ]\npractice = true\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_way_to_write_tables_can_be_changed(folder: DataFolder, shape: str) -> None:
    folder.path.mkdir()
    path = folder.path / "config.toml"
    path.write_bytes(SHAPES[shape].encode())
    editor = ConfigEditor(folder)
    editor.rename("b", "둘")
    editor.add(new("three"))
    editor.add(new("three"), replace=True)
    editor.set_default("three")
    assert loaded(folder).account_names() == ("three", "a", "둘")
    editor.remove("three")
    editor.remove("a")
    assert loaded(folder).account_names() == ("둘",)
    written = path.read_bytes().decode()
    for comment in ("# all of mine", "# and more", "# the second", "# --- b"):
        assert (comment in written) == (comment in SHAPES[shape])
    if "Windows" in shape:
        assert "\r\n[accounts" in written


OTHER_SHAPES = {
    "in one line": "accounts = {a = {practice = true}, b = {practice = true}}\n",
    "by dots": "accounts.a.practice = true\naccounts.b.practice = true\n",
    "accounts in one line each": "[accounts]\na = {practice = true}\nb = {practice = true}\n",
}


@pytest.mark.parametrize("shape", OTHER_SHAPES)
def test_what_cannot_be_changed_says_so_and_stays_as_it_is(folder: DataFolder, shape: str) -> None:
    folder.path.mkdir()
    (folder.path / "config.toml").write_text(OTHER_SHAPES[shape], encoding="utf-8")
    editor = ConfigEditor(folder)
    for change in (lambda: editor.remove("b"), lambda: editor.rename("b", "c")):
        with pytest.raises(ConfigError, match="cannot be changed") as caught:
            change()
        assert "[accounts." in caught.value.hint.ko
    for account, replace in ((new("c"), False), (new("b"), True)):
        try:
            editor.add(account, replace=replace)
        except ConfigError:
            assert text(folder) == OTHER_SHAPES[shape]
            assert entries(folder) == []
        else:
            assert len(entries(folder)) == 1
            break
    assert "a" in loaded(folder).account_names()


def test_a_name_as_a_mac_writes_it_is_the_same_name(folder: DataFolder) -> None:
    folder.path.mkdir()
    decomposed = "\u110b\u1167\u11ab\u1100\u1173\u11b7"
    (folder.path / "config.toml").write_text(f'default = "{decomposed}"\n[accounts." {decomposed} "]\npractice = true\n', encoding="utf-8")
    ConfigEditor(folder).rename("연금", "pension")
    assert loaded(folder).account_names() == ("pension",)
    ConfigEditor(folder).remove("pension")
    assert loaded(folder).account_names() == ()


def test_a_comment_above_the_next_account_is_the_next_ones(folder: DataFolder) -> None:
    editor = ConfigEditor(folder)
    editor.add(new("one"))
    editor.add(new("two"))
    path = folder.path / "config.toml"
    path.write_text(text(folder).replace("\n[accounts.two]", "\n# --- two: transfers on the 25th\n[accounts.two]"), encoding="utf-8")
    editor.remove("one")
    assert "# --- two: transfers on the 25th\n[accounts.two]" in text(folder)


# a store that fails


class Store:
    """A secret store whose methods can be made to fail, in place of the system's."""

    kind = "system"
    caption = FileStore.caption

    def __init__(self) -> None:
        self.held: dict[str, dict[str, str]] = {}
        self.failing: set[str] = set()

    def read(self, name: str) -> dict[str, str] | None:
        self._fail("read")
        return self.held.get(name)

    def write(self, name: str, entry: Mapping[str, str]) -> None:
        self.held[name] = dict(entry)
        self._fail("write")  # after it has kept it, as one may

    def delete(self, name: str) -> None:
        self._fail("delete")
        self.held.pop(name, None)

    def _fail(self, what: str) -> None:
        if what in self.failing:
            raise ConfigError(Text("잠김", "locked"))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store()
    for module in (configedit, leftovers, settings_module):
        monkeypatch.setattr(module, "store_of", lambda kind, folder: FileStore(folder) if kind == "file" else made)
    return made


def test_keys_that_cannot_be_deleted_now_keep_nobody_from_changing_the_accounts(folder: DataFolder, store: Store) -> None:
    editor = ConfigEditor(folder)
    editor.add(new("one"))
    editor.add(new("two"))
    store.failing = {"delete", "read"}
    editor.remove("one")
    editor.rename("two", "zwei")
    editor.set_default("zwei")
    assert loaded(folder).account_names() == ("zwei",)
    assert len(store.held) == 2
    store.failing = set()
    editor.set_preference("language", "ko")
    assert len(store.held) == 1
    assert loaded(folder).account("zwei").appkey.reveal() == SECRETS["appkey"]


def test_a_store_that_keeps_and_then_fails_is_cleared_up(folder: DataFolder, store: Store) -> None:
    store.failing = {"write"}
    ConfigEditor(folder).add(new("one"))
    assert loaded(folder).file.accounts["one"].values.text("secrets") == "file"
    assert store.held == {}


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_ended_just_after_the_file_is_in_place_the_account_has_its_keys(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch, end: type[BaseException]
) -> None:
    write = datafolder.write_atomically

    def interrupted(path: Path, data: bytes, *, keep_mode: bool = False) -> None:
        write(path, data, keep_mode=keep_mode)
        if path.name == configfile.FILE_NAME:
            raise end

    editor = ConfigEditor(folder)
    for replace in (False, True):
        with monkeypatch.context() as patched:
            patched.setattr(configedit, "write_atomically", interrupted)
            with pytest.raises(end):
                editor.add(new("one"), replace=replace)
        assert loaded(folder).account("one").appkey.reveal() == SECRETS["appkey"]
        assert len(entries(folder)) == 1


AT_EACH_STEP = """
import os, signal, sys
from pathlib import Path
left = int(sys.argv[2])
def counted(name, function):
    def call(*given, **more):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given, **more)
    return call
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
import tempfile
for module, name in ((os, "replace"), (os, "unlink"), (os, "fsync"), (tempfile, "mkstemp")):
    setattr(module, name, counted(name, getattr(module, name)))
Path.replace, Path.unlink = counted("replace", Path.replace), counted("unlink", Path.unlink)
editor = ConfigEditor(DataFolder(Path(sys.argv[1])))
secrets = {"number": "73915826-01", "appkey": "PSplantedAppKeyThatNobodyMaySee00001", "appsecret": "s" * 180}
editor.add(NewAccount("one", {"number": "7391****-01"}, {}, secrets), replace=True)
editor.remove("two")
print("whole")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_at_any_step_no_account_lacks_its_keys_and_no_keys_lack_their_account(tmp_path: Path) -> None:
    for step in range(1, 60):
        folder = DataFolder(tmp_path / f"secret {step}")
        for name in ("one", "two"):
            ConfigEditor(folder).add(new(name))
        done = subprocess.run(
            [sys.executable, "-c", AT_EACH_STEP, str(folder.path), str(step)], cwd=REPOSITORY, capture_output=True, check=False
        )
        names = loaded(folder).account_names()
        assert "one" in names
        assert all(loaded(folder).account(name).appsecret.reveal() == SECRETS["appsecret"] for name in names), step
        ConfigEditor(folder).set_preference("language", "en")
        assert sorted(loaded(folder).file.entries) == entries(folder), step
        assert not [path for path in folder.path.rglob(".*.part") if b"planted" in path.read_bytes()], step
        if done.stdout:
            break
    else:
        pytest.fail("it never came to its end")
    assert step > 10
