"""Changing the configuration file: accounts are added, removed and renamed, and what its owner wrote around them stays.

One change at a time, over all processes. The secrets of an account are stored before the file names them and deleted
after it does not, so at no moment does the file name an account without keys. A process that is killed in between
leaves an entry in the secret store that no account names; what is under way is noted, and the next change clears it up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import tomlkit
from filelock import FileLock, Timeout
from tomlkit.items import Table

from kis_xl import configfile
from kis_xl.configfile import ConfigFile, check_name
from kis_xl.datafolder import DataFolder, write_atomically
from kis_xl.errors import AccountError, ConfigError, OutputError, reason_of
from kis_xl.language import NO_TEXT, Text
from kis_xl.secretstore import CHOICES, FILE, SYSTEM, SecretStore, new_name, store_of

_NOTE: Final = "pending.json"
_PATIENCE: Final = 30.0
#: What stands in an account's table by our hand, and is replaced with the account; what its owner added stays.
_MADE_BY_US: Final = ("id", "secrets", "number", "environment", "customer_type", "ip_addr", "seq_no", "practice", "base_url")
_HEAD: Final = (
    "kis_xl: 계좌와 설정. 앱키와 비밀은 여기에 없고 보안 저장소에 있습니다.",
    "kis_xl: accounts and preferences. Keys and secrets are not here but in the secret store.",
)


@dataclass(frozen=True)
class NewAccount:
    """An account to be added. `settings` go into the file, `secrets` (appkey, appsecret, number, ...) into the store."""

    name: str
    settings: Mapping[str, str | int | bool]
    parameters: Mapping[str, str]
    secrets: Mapping[str, str]


class ConfigEditor:
    """The configuration file of a data folder, for changing it. Raises KisError and then has changed nothing."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._path = folder.path / configfile.FILE_NAME

    def add(self, account: NewAccount, *, secrets: str = "auto", replace: bool = False, default: bool = False) -> SecretStore | None:
        """Add an account, or put it in the place of one of the same name; where its secrets are, None for one without.

        It becomes the default where there is none. AccountError where there is one of that name and `replace` is not given.
        """
        name = check_name(account.name)
        with self._alone() as before:
            old = _same(before, name)
            if old is not None and not replace:
                raise AccountError(
                    Text(f"이미 있는 계좌 이름입니다: {old}", f"there is an account called {old} already"),
                    Text("다른 이름을 쓰세요.", "Use another name."),
                )
            store, entry = self._stored(account, secrets)
            with self._undone_by(store, entry):
                self._write(before, lambda document: _put(document, name, old, account, store, entry, default or not before.default))
            self._discard(before, old)
        return store

    def remove(self, name: str) -> None:
        """Take an account and its secrets out. The default becomes the first of the others."""
        with self._alone() as before:
            known = _there(before, name)
            self._write(before, lambda document: _take_out(document, known, before))
            self._discard(before, known)

    def rename(self, name: str, new: str) -> str:
        """Give an account another name; the name as it is written."""
        wanted = check_name(new)
        with self._alone() as before:
            known = _there(before, name)
            if _same(before, wanted) not in (None, known):
                raise AccountError(
                    Text(f"이미 있는 계좌 이름입니다: {wanted}", f"there is an account called {wanted} already"),
                    Text("다른 이름을 쓰세요.", "Use another name."),
                )
            self._write(before, lambda document: _rename(document, known, wanted))
        return wanted

    def set_default(self, name: str) -> None:
        """Make an account the default one."""
        with self._alone() as before:
            known = _there(before, name)
            self._write(before, lambda document: document.update({"default": known}))

    def set_preference(self, key: str, value: str | int | float) -> None:
        """Set one of `configfile.PREFERENCES`."""
        with self._alone() as before:
            self._write(before, lambda document: document.update({key: value}))

    @contextmanager
    def _alone(self) -> Iterator[ConfigFile]:
        """While no other process changes the file; what it says now."""
        lock = FileLock(self._folder.part("locks") / "config.lock", timeout=_PATIENCE, mode=0o600)
        fault: ConfigError | OutputError | None = None
        try:
            lock.acquire()
        except Timeout:
            fault = ConfigError(
                Text("다른 kis_xl이 설정을 바꾸는 중입니다.", "another kis_xl process is changing the configuration"),
                Text("끝난 뒤 다시 시도하세요.", "Try again when it has ended."),
            )
        except OSError as error:
            fault = self._not_written(reason_of(error))
        if fault is not None:
            raise fault
        try:
            file = configfile.read(self._path)
            self._clear_up(file)
            yield file
        finally:
            lock.release()

    def _stored(self, account: NewAccount, secrets: str) -> tuple[SecretStore | None, str]:
        if not account.secrets:
            return None, ""
        store, entry = store_of(secrets, self._folder), new_name()
        self._note({entry: store.kind})
        try:
            store.write(entry, account.secrets)
        except ConfigError:
            if secrets != "auto" or store.kind == FILE:
                raise
        else:
            return store, entry
        # there is a store but it does not open, as in a session without a desktop: then it is as good as none
        return self._stored(account, FILE)

    @contextmanager
    def _undone_by(self, store: SecretStore | None, entry: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            if store is not None:
                with suppress(ConfigError):
                    store.delete(entry)
                    self._note({})
            raise
        self._note({})

    def _discard(self, before: ConfigFile, name: str | None) -> None:
        """Delete the secrets of an account that the file no longer names."""
        old = None if name is None else before.accounts[name].values
        if old is None or "id" not in old:
            return
        self._note({old.text("id"): old.text("secrets", FILE)})
        store_of(old.text("secrets", "auto"), self._folder).delete(old.text("id"))
        self._note({})

    def _clear_up(self, file: ConfigFile) -> None:
        """Delete what a process that was killed has left in the secret store."""
        try:
            noted = json.loads((self._folder.part("locks") / _NOTE).read_bytes())
            pending = {str(entry): str(kind) for entry, kind in noted.items()}
        except (OSError, ValueError, AttributeError):
            return
        named = {account.values.text("id") for account in file.accounts.values()}
        for entry, kind in pending.items():
            if entry not in named and kind in CHOICES:
                store_of(kind, self._folder).delete(entry)
        self._note({})

    def _note(self, pending: Mapping[str, str]) -> None:
        path = self._folder.part("locks") / _NOTE
        try:
            if pending:
                write_atomically(path, json.dumps(dict(pending)).encode())
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            fault = self._not_written(reason_of(error))
        else:
            return
        raise fault

    def _write(self, before: ConfigFile, change: Callable[[tomlkit.TOMLDocument], None]) -> None:
        """Change the file, in one go, if it can still be read afterwards."""
        target = self._path.resolve()  # the file, where there is a link to it
        try:
            text = target.read_bytes().decode("utf-8-sig") if target.exists() else ""
            document = tomlkit.parse(text) if text else _new()
            change(document)
            data = f"{tomlkit.dumps(document).rstrip()}\n".encode()
            configfile.parse(data, self._path)
            write_atomically(target, data, keep_mode=True)
        except OSError as error:
            fault = self._not_written(reason_of(error))
        else:
            return
        raise fault

    def _not_written(self, reason: str) -> OutputError:
        return OutputError(
            Text(f"설정을 저장할 수 없습니다: {self._path} ({reason})", f"the configuration cannot be written: {self._path} ({reason})"),
            Text("폴더의 권한과 남은 공간을 확인하세요.", "Check the folder's permissions and the disk's free space."),
        )


def _new() -> tomlkit.TOMLDocument:
    document = tomlkit.document()
    for line in _HEAD:
        document.add(tomlkit.comment(line))
    return document


def _same(file: ConfigFile, name: str) -> str | None:
    return next((known for known in file.accounts if known.casefold() == name.casefold()), None)


def _there(file: ConfigFile, name: str) -> str:
    known = _same(file, name)
    if known is None:
        names = ", ".join(file.accounts) or "-"
        raise AccountError(
            Text("설정 파일에 그런 계좌가 없습니다.", "the configuration file holds no such account"),
            Text(f"있는 계좌: {names}", f"Known accounts: {names}") if file.accounts else NO_TEXT,
        )
    return known


def _put(
    document: tomlkit.TOMLDocument,
    name: str,
    old: str | None,
    account: NewAccount,
    store: SecretStore | None,
    entry: str,
    default: bool,
) -> None:
    if "accounts" not in document:
        document["accounts"] = tomlkit.table(is_super_table=True)
    accounts = document["accounts"]
    assert isinstance(accounts, Table)  # noqa: S101 (the file was read before)
    if old is None:
        accounts[name] = tomlkit.table()
    elif old != name:
        _rename(document, old, name)
    table = document["accounts"][name]
    assert isinstance(table, Table)  # noqa: S101
    for key in set(_MADE_BY_US) - set(account.settings):
        table.pop(key, None)
    table.update({"id": entry, "secrets": store.kind, **account.settings} if store is not None else account.settings)
    if account.parameters:
        table["parameters"] = tomlkit.table()
        table["parameters"].update(account.parameters)
    if default:
        document["default"] = name


def _take_out(document: tomlkit.TOMLDocument, name: str, before: ConfigFile) -> None:
    document["accounts"].remove(name)
    others = [each for each in before.accounts if each != name]
    if document.get("default") == name:
        if others:
            document["default"] = others[0]
        else:
            del document["default"]
    if not others:
        del document["accounts"]


def _rename(document: tomlkit.TOMLDocument, name: str, new: str) -> None:
    accounts = document["accounts"]
    assert isinstance(accounts, Table)  # noqa: S101 (the file was read before)
    renamed = tomlkit.table(is_super_table=True)
    for key in list(accounts):
        renamed[new if key == name else key] = accounts[key]
    document["accounts"] = renamed
    if document.get("default") == name:
        document["default"] = new


__all__ = ["SYSTEM", "ConfigEditor", "NewAccount"]
