"""Secrets: the system's store where there is one, an owner-only file where there is none, and never a word of them."""

from __future__ import annotations

import dataclasses
import logging
import stat
import sys
import threading
from pathlib import Path
from typing import ClassVar

import pytest

from kis_xl import secretstore
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
from kis_xl.errors import ConfigError, KisError
from kis_xl.secretstore import FileStore, SecretStore, SystemStore, is_name, new_name, store_of, system_store
from kis_xl.settings import Settings

ENTRY = {"appkey": "PSplantedAppKeyThatNobodyMaySee00001", "appsecret": "planted+app/secret==" * 9, "number": "73915826-01"}


class Memory:
    """A store as keyring's backends are: three methods."""

    name = "memory"
    held: ClassVar[dict[tuple[str, str], str]] = {}

    def get_password(self, service: str, user: str) -> str | None:
        return self.held.get((service, user))

    def set_password(self, service: str, user: str, password: str) -> None:
        self.held[service, user] = password

    def delete_password(self, service: str, user: str) -> None:
        del self.held[service, user]


class Locked:
    """A store that its user has not opened."""

    name = "locked"

    def __getattr__(self, name: str) -> object:
        raise PermissionError(f"locked, and here is a secret: {ENTRY['appsecret']}")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    backend = Memory()
    monkeypatch.setattr(Memory, "held", {})
    monkeypatch.setattr(secretstore, "_backend", lambda: backend)
    return backend


def stores(tmp_path: Path) -> list[SecretStore]:
    return [FileStore(DataFolder(tmp_path)), SystemStore(Memory())]


@pytest.mark.parametrize("place", [0, 1], ids=["file", "system"])
def test_an_entry_is_kept_replaced_and_deleted(tmp_path: Path, place: int) -> None:
    store, name = stores(tmp_path)[place], new_name()
    assert store.read(name) is None
    store.write(name, ENTRY)
    assert store.read(name) == ENTRY
    store.write(name, {"appkey": "other"})
    assert store.read(name) == {"appkey": "other"}
    store.delete(name)
    assert store.read(name) is None
    store.delete(name)
    assert store.caption.ko
    assert store.caption.en


def test_names_are_random_and_safe_in_a_path() -> None:
    names = {new_name() for _ in range(100)}
    assert len(names) == 100
    assert all(map(is_name, names))
    assert not any(map(is_name, ["", "..", "0123456789abcdeF", "0123456789abcdef/", "0123456789abcde"]))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no permission bits; the user's folder is theirs alone")
def test_the_file_is_its_owners_alone_again_when_it_was_opened_to_others(tmp_path: Path) -> None:
    store, name = FileStore(DataFolder(tmp_path / "home")), new_name()
    store.write(name, ENTRY)
    (path,) = (tmp_path / "home" / "secrets").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert store.read(name) == ENTRY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_systems_store_is_used_where_there_is_one(memory: Memory, tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert store_of("auto", folder).kind == "system"
    assert store_of("file", folder).kind == "file"
    ConfigEditor(folder).add(NewAccount("mine", {"number": "7391****-01"}, {}, ENTRY))
    assert len(memory.held) == 1
    assert not list(tmp_path.glob("secrets/*"))
    settings = Settings.load({"KIS_XL_HOME": str(tmp_path)})
    assert settings.account("mine").appkey.reveal() == ENTRY["appkey"]
    ConfigEditor(folder).remove("mine")
    assert memory.held == {}


def test_an_account_knows_where_its_keys_are_when_the_store_has_gone(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DataFolder(tmp_path)
    ConfigEditor(folder).add(NewAccount("mine", {"number": "7391****-01"}, {}, ENTRY))
    monkeypatch.setattr(secretstore, "_backend", lambda: None)  # the same account, over ssh
    with pytest.raises(ConfigError) as caught:
        Settings.load({"KIS_XL_HOME": str(tmp_path)}).account("mine")
    assert "secret store" in caught.value.message("en")
    assert "--secrets file" in caught.value.hint.ko
    assert Settings.load({"KIS_XL_HOME": str(tmp_path)}).listed()[0].masked == "7391****-01"  # which needs no secret


def test_keys_that_are_gone_from_the_store_are_told_with_the_line(memory: Memory, tmp_path: Path) -> None:
    ConfigEditor(DataFolder(tmp_path)).add(NewAccount("mine", {"number": "7391****-01"}, {}, ENTRY))
    memory.held.clear()
    with pytest.raises(ConfigError, match=r"config.toml, line \d+, accounts.mine.id") as caught:
        Settings.load({"KIS_XL_HOME": str(tmp_path)}).account("mine")
    assert "kis-xl setup" in caught.value.hint.en


@pytest.mark.parametrize("damaged", ["", "[]", "{", '"text"', "null"])
def test_a_damaged_entry_is_told(tmp_path: Path, damaged: str) -> None:
    store, name = FileStore(DataFolder(tmp_path)), new_name()
    store.write(name, ENTRY)
    (tmp_path / "secrets" / f"{name}.json").write_text(damaged)
    with pytest.raises(ConfigError) as caught:
        store.read(name)
    assert "kis-xl setup" in caught.value.hint.en


@pytest.mark.parametrize("action", ["read", "write", "delete"])
def test_what_a_store_says_when_it_fails_reaches_nobody_unredacted(action: str, caplog: pytest.LogCaptureFixture) -> None:
    store = SystemStore(Locked())
    with caplog.at_level(logging.DEBUG), pytest.raises(ConfigError) as caught:
        getattr(store, action)(new_name(), *([ENTRY] if action == "write" else []))
    for told in (caught.value.message("ko"), caught.value.message("en"), repr(caught.value.__context__)):
        assert "planted" not in told
    assert "PermissionError" in caught.value.message("en")


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("")
    with pytest.raises(ConfigError, match="secrets"):
        FileStore(DataFolder(tmp_path)).write(new_name(), ENTRY)


def test_no_store_is_looked_for_where_there_is_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform in ("win32", "darwin"):
        pytest.skip("there is always one")
    for name in ("PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert system_store() is None


@pytest.mark.skipif(sys.platform != "win32", reason="the store of Windows")
def test_the_credential_manager_keeps_a_whole_corporations_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    store = system_store()
    assert store is not None
    assert "Credential Manager" in store.caption.en
    longest = {**ENTRY, "personalseckey": "p" * 180, "phone_number": "01012345678"}
    folder = DataFolder(tmp_path)
    ConfigEditor(folder).add(NewAccount("법인", {"number": "7391****-01", "customer_type": "B", "ip_addr": "203.0.113.9"}, {}, longest))
    try:
        account = Settings.load({"KIS_XL_HOME": str(tmp_path)}).account("법인")
        assert account.appsecret.reveal() == ENTRY["appsecret"]
        assert account.corporate is not None
        assert account.corporate.personalseckey.reveal() == longest["personalseckey"]
        assert not list(tmp_path.glob("secrets/*"))
    finally:
        ConfigEditor(folder).remove("법인")
    assert b"PSplanted" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_keys_of_another_account_are_not_used(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    ConfigEditor(folder).add(NewAccount("mine", {"number": "7391****-01"}, {}, ENTRY))
    path = tmp_path / "config.toml"
    for written in ("5555****-22", "73919999-01"):
        before = path.read_text(encoding="utf-8")
        path.write_text(before.replace("7391****-01", written), encoding="utf-8")
        with pytest.raises(ConfigError, match="another account's"):
            Settings.load({"KIS_XL_HOME": str(tmp_path)}).account("mine")
        path.write_text(before, encoding="utf-8")


def test_what_is_no_text_is_a_damaged_entry(tmp_path: Path) -> None:
    store, name = FileStore(DataFolder(tmp_path)), new_name()
    store.write(name, ENTRY)
    (path,) = (tmp_path / "secrets").iterdir()
    for content in (b"\xff\xfe{}", b'{"appkey": "\\ud800aaaa"}'):
        path.write_bytes(content)
        with pytest.raises(ConfigError):
            store.read(name)


def test_what_a_killed_writer_left_goes_with_the_entry(tmp_path: Path) -> None:
    store, name = FileStore(DataFolder(tmp_path)), new_name()
    store.write(name, ENTRY)
    (tmp_path / "secrets" / f".{name}.json.abc.part").write_text("half of a secret")
    store.delete(name)
    assert not list((tmp_path / "secrets").iterdir())


def test_a_store_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secretstore, "_PATIENCE", 0.05)
    release = threading.Event()

    class Hangs(Memory):
        def get_password(self, service: str, user: str) -> str | None:
            release.wait(20)
            return None

    with pytest.raises(ConfigError, match="TimeoutError"):
        SystemStore(Hangs()).read(new_name())
    release.set()


def test_a_backend_that_is_no_systems_store_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform in ("win32", "darwin"):
        pytest.skip("there the store is chosen by name")
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nowhere")

    class Plain(Memory):  # as packages bring them, which write files in the clear
        priority = 0.5

    monkeypatch.setattr("keyring.get_keyring", Plain)
    assert system_store() is None
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.Plain")  # unless the user has chosen it
    assert system_store() is not None


def test_an_account_is_found_by_its_whole_number(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    for name, number in (("pension", "73915826-22"), ("lost", "73919999-01"), ("main", "73915826-01")):
        masked = f"{number[:4]}****{number[8:]}"
        ConfigEditor(folder).add(NewAccount(name, {"number": masked}, {}, {**ENTRY, "number": number}))
    settings = Settings.load({"KIS_XL_HOME": str(tmp_path)})
    FileStore(folder).delete(settings.file.accounts["lost"].values.text("id"))
    settings = Settings.load({"KIS_XL_HOME": str(tmp_path)})
    assert settings.account("73915826").name == "main"  # product code 01
    assert settings.account("7391582622").name == "pension"
    for written in ("pension 73915826", "7391582622 xx", "73915827-01"):
        with pytest.raises(KisError):
            settings.account(written)


def test_secrets_are_in_no_repr_and_no_copy_as_a_dict(tmp_path: Path) -> None:
    added = NewAccount("mine", {"number": "7391****-01"}, {}, ENTRY)
    assert "planted" not in repr(added)
    settings = Settings.load({"KIS_XL_HOME": str(tmp_path), "KIS_XL_APPKEY": ENTRY["appkey"]})
    assert "planted" not in repr(settings)
    with pytest.raises(TypeError):
        dataclasses.asdict(settings)
