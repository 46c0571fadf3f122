"""Changing the configuration file: accounts are added, removed and renamed, and what its owner wrote around them stays.

One change at a time, over all processes. The secrets of an account are stored before the file names them and deleted
after it does not, so at no moment does the file name an account without keys; `leftovers` sees to what is between.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import tomlkit
from filelock import FileLock, Timeout

from kis_xl import configfile
from kis_xl.configfile import ConfigFile, check_name
from kis_xl.configtext import with_account, with_account_renamed, without_account
from kis_xl.datafolder import DataFolder, write_atomically
from kis_xl.errors import AccountError, ConfigError, KisError, OutputError, reason_of
from kis_xl.language import NO_TEXT, Text
from kis_xl.leftovers import Leftovers
from kis_xl.secretstore import FILE, SecretStore, new_name, store_of

_PATIENCE: Final = 30.0
#: What stands in an account's table by our hand, and is replaced with the account; what its owner added stays.
_MADE_BY_US: Final = ("id", "secrets", "number", "environment", "customer_type", "ip_addr", "seq_no", "mac_address", "practice", "base_url")
_HEAD: Final = """\
# kis_xl: 계좌와 설정. 앱키와 비밀은 여기에 없고 보안 저장소에 있습니다.
# kis_xl: accounts and preferences. Keys and secrets are not here but in the secret store.
"""


@dataclass(frozen=True)
class NewAccount:
    """An account to be added. `settings` go into the file, `secrets` (appkey, appsecret, number, ...) into the store."""

    name: str
    settings: Mapping[str, str | int | bool]
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


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
        with self._alone() as (before, leftovers):
            old = _same(before, name)
            if old is not None and not replace:
                raise _taken(old)
            leftovers.note(_entry_of(before, old))
            store, entry = self._stored(account, secrets, leftovers)
            values = {**({} if store is None else {"id": entry, "secrets": store.kind}), **account.settings}
            default = default or not before.default

            def change(text: str) -> str:
                text = _put(text, name, old, values, account.parameters)
                return _with_values(text, {"default": name}) if default else text

            self._write(change, expected=name)
            return store

    def remove(self, name: str) -> None:
        """Take an account and its secrets out. The default becomes the first of the others."""
        with self._alone() as (before, leftovers):
            known = _there(before, name)
            leftovers.note(_entry_of(before, known))
            others = [each for each in before.accounts if each != known]

            def change(text: str) -> str:
                text = without_account(text, known)
                moves_on = before.values.text("default") and before.default == known
                return _with_values(text, {"default": others[0] if others else None}) if moves_on else text

            self._write(change, unexpected=known)

    def rename(self, name: str, new: str) -> str:
        """Give an account another name; the name as it is written."""
        wanted = check_name(new)
        with self._alone() as (before, _):
            known = _there(before, name)
            if _same(before, wanted) not in (None, known):
                raise _taken(wanted)

            def change(text: str) -> str:
                text = with_account_renamed(text, known, wanted)
                moves_along = before.values.text("default") and before.default == known
                return _with_values(text, {"default": wanted}) if moves_along else text

            self._write(change, expected=wanted)
        return wanted

    def set_default(self, name: str) -> None:
        """Make an account the default one."""
        with self._alone() as (before, _):
            known = _there(before, name)
            self._write(lambda text: _with_values(text, {"default": known}))

    def set_preference(self, key: str, value: str | int | float) -> None:
        """Set one of `configfile.PREFERENCES`."""
        with self._alone():
            self._write(lambda text: _with_values(text, {key: value}))

    @contextmanager
    def _alone(self) -> Iterator[tuple[ConfigFile, Leftovers]]:
        """While no other process changes the file: what it says now. However that ends, secrets that it does not name are deleted."""
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
        leftovers = Leftovers(self._folder)
        try:
            yield configfile.read(self._path), leftovers
        finally:
            try:
                leftovers.clear_up(configfile.read(self._path).entries)
            except KisError:  # the file cannot be read: what it names is not known
                pass
            finally:
                lock.release()

    def _stored(self, account: NewAccount, secrets: str, leftovers: Leftovers) -> tuple[SecretStore | None, str]:
        if not account.secrets:
            return None, ""
        store, entry = store_of(secrets, self._folder), new_name()
        leftovers.note({entry: store.kind})
        try:
            store.write(entry, account.secrets)
        except ConfigError:
            if secrets != "auto" or store.kind == FILE:
                raise
        else:
            return store, entry
        # there is a store but it does not open, as in a session without a desktop: then it is as good as none
        return self._stored(account, FILE, leftovers)

    def _write(self, change: Callable[[str], str], *, expected: str = "", unexpected: str = "") -> None:
        """Change the file, in one go, if it then says what it should."""
        target = self._path.resolve()  # the file, where there is a link to it
        try:
            text = target.read_bytes().decode("utf-8-sig") if target.exists() else _HEAD
            data = change(text).encode()
            if not self._says(data, expected, unexpected):
                raise self._not_changed()
            write_atomically(target, data, keep_mode=True)
        except OSError as error:
            fault = self._not_written(reason_of(error))
        else:
            return
        raise fault

    def _says(self, data: bytes, expected: str, unexpected: str) -> bool:
        """Whether the changed file can be read and has the account, or no longer has it. A value that is wrong is told as ever."""
        try:
            tomllib.loads(data.decode())
        except tomllib.TOMLDecodeError:  # the new table does not fit to how the others are written
            return False
        accounts = configfile.parse(data, self._path).accounts
        return (not expected or expected in accounts) and unexpected not in accounts

    def _not_changed(self) -> ConfigError:
        return ConfigError(
            Text(
                f"{self._path.name} 의 계좌가 바꿀 수 없는 모양으로 적혀 있습니다.",
                f"the accounts in {self._path.name} are written in a way that cannot be changed",
            ),
            Text(
                f'{self._path} 에서 계좌마다 [accounts."이름"] 으로 시작하는 표로 고치고 다시 시도하세요.',
                f'In {self._path} give each account a table of its own that begins with [accounts."name"], and try again.',
            ),
        )

    def _not_written(self, reason: str) -> OutputError:
        return OutputError(
            Text(f"설정을 저장할 수 없습니다: {self._path} ({reason})", f"the configuration cannot be written: {self._path} ({reason})"),
            Text("폴더의 권한과 남은 공간을 확인하세요.", "Check the folder's permissions and the disk's free space."),
        )


def _entry_of(file: ConfigFile, name: str | None) -> dict[str, str]:
    """The entry of an account in the secret store, and which store; none for an account without."""
    values = None if name is None else file.accounts[name].values
    return {} if values is None or "id" not in values else {values.text("id"): values.text("secrets", "auto")}


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


def _taken(name: str) -> AccountError:
    return AccountError(
        Text(f"이미 있는 계좌 이름입니다: {name}", f"there is an account called {name} already"),
        Text("다른 이름을 쓰세요.", "Use another name."),
    )


def _put(text: str, name: str, old: str | None, values: Mapping[str, str | int | bool], parameters: Mapping[str, str]) -> str:
    if old is None:
        return with_account(text, name, {**values, **({"parameters": parameters} if parameters else {})})
    document = tomlkit.parse(with_account_renamed(text, old, name))
    table = document.get("accounts", {}).get(name)
    if table is None:  # the file writes it in another way: what comes out is refused
        return text
    for key in set(_MADE_BY_US) - set(values):
        table.pop(key, None)
    table.update(values)
    if parameters:
        table["parameters"] = dict(parameters)
    return tomlkit.dumps(document)


def _with_values(text: str, values: Mapping[str, str | int | float | None]) -> str:
    """`text` with these values at its top; None takes one out."""
    document = tomlkit.parse(text)
    for key, value in values.items():
        if value is None:
            document.pop(key, None)
        else:
            document[key] = value
    return tomlkit.dumps(document)
