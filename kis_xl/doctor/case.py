"""What the doctor looks at: the settings as far as they can be read, the accounts one by one, the machine."""

from __future__ import annotations

import os
import re
import time
import tomllib
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kis_xl import configfile
from kis_xl.configfile import ENV_ACCOUNT, ConfigFile
from kis_xl.datafolder import TOKENS, DataFolder, token_name
from kis_xl.doctor.finding import Whose
from kis_xl.errors import AccountError, ConfigError, KisError
from kis_xl.fields import Environment
from kis_xl.language import current
from kis_xl.policy import Policy
from kis_xl.secretstore import patience
from kis_xl.settings import Settings
from kis_xl.variables import home_of, variables_in

if TYPE_CHECKING:
    from kis_xl.accounts import Account
    from kis_xl.installation import Machine

_HOME = "KIS_XL_HOME"
#: Seconds for the system's secret store, all accounts together, and what is left for each where the first have used them up.
_PATIENCE: Final = 5.0
_LEAST: Final = 0.2
_TABLE = re.compile(r"""^\s*\[\s*accounts\s*\.\s*(?:"([^"]+)"|'([^']+)'|([\w-]+))""", re.MULTILINE)


@dataclass(frozen=True)
class Examined:
    """An account: loaded, or the error that keeps it from being loaded. `host` is where its calls go, "" for practice."""

    whose: Whose
    practice: bool
    host: str
    environment: str
    account: Account | None = None
    error: KisError | None = None
    store: str = ""


@dataclass(frozen=True)
class Case:
    """All of it. `settings` leave out what cannot be read, of which `file_error` and `variables_error` tell."""

    settings: Settings
    accounts: tuple[Examined, ...]
    offline: bool = False
    file_error: KisError | None = None
    variables_error: KisError | None = None
    names: tuple[str, ...] = ()
    given_machine: Machine | None = field(default=None, repr=False)

    @property
    def folder(self) -> DataFolder:
        """The data folder."""
        return self.settings.folder

    @cached_property
    def machine(self) -> Machine:
        """This machine."""
        from kis_xl.installation import machine_here  # noqa: PLC0415 (loads much: not where a test brings its own)

        return self.given_machine or machine_here()


def token_file(account: Account, folder: DataFolder) -> Path:
    """Where a Broker keeps the token of an account's key; nothing is made for it."""
    return folder.path / TOKENS / token_name(account)


def take_up(*, offline: bool = False, account: str | None = None, machine: Machine | None = None) -> Case:
    """Read the settings, whatever is wrong with them. Raises AccountError for an `account` that is not there."""
    settings, file_error, variables_error = _settings()
    names = _names(settings)
    until = time.monotonic() + _PATIENCE
    if account is not None:
        with patience(_PATIENCE):
            names = _chosen(settings, names, account, file_error or variables_error)
    # the number of an account is its place among all, whichever is looked at
    order = _names(settings)
    accounts = tuple(_examined(settings, Whose(order.index(name) + 1, name), until) for name in names)
    return Case(settings, accounts, offline, file_error, variables_error, _written_names(settings), machine)


def _settings() -> tuple[Settings, KisError | None, KisError | None]:
    """The settings; what is wrong with the file; what is wrong with the variables."""
    try:
        return Settings.load(), None, None
    except KisError as error:
        trouble = error
    variables = variables_in(os.environ)
    only_home = {key: value for key, value in variables.items() if key == _HOME}
    try:
        # a preference is wrong: the account's own variables still count
        return replace(Settings.load(only_home), _variables=variables, _accounts={}), None, trouble
    except KisError as error:
        of_file = error
    home, of_home = _home(variables.get(_HOME, ""), trouble)
    path = home / configfile.FILE_NAME
    known = {key: value for key, value in variables.items() if key not in (_HOME, "KIS_XL_LANG")}
    settings = Settings(DataFolder(home), current(), Policy(), _readable(path), known)
    return settings, None if of_home else of_file, of_home


def _home(written: str, trouble: KisError) -> tuple[Path, KisError | None]:
    """The data folder; where the variable names none that can be, the default one and what is wrong."""
    try:
        return home_of({_HOME: written} if written else {}), None
    except ConfigError:
        return home_of({}), trouble


def _readable(path: Path) -> ConfigFile:
    """The file where it can be read (then a preference in it is wrong), otherwise an empty one."""
    with suppress(ConfigError, AccountError):
        return configfile.read(path)
    return ConfigFile(path, configfile.parse(b"", path).values)


def _names(settings: Settings) -> tuple[str, ...]:
    """All accounts, the default first; also those that cannot be loaded."""
    names = (*settings.file.accounts, *([ENV_ACCOUNT] if settings.has_variables else []))
    return tuple(sorted(names, key=lambda name: name != settings.default))


def _chosen(settings: Settings, names: tuple[str, ...], wanted: str, trouble: KisError | None) -> tuple[str, ...]:
    known = unicodedata.normalize("NFC", wanted.strip()).casefold()
    found = tuple(name for name in names if name.casefold() == known)
    if found:
        return found
    if trouble is not None:  # it may stand in the file that cannot be read
        raise trouble
    return (settings.find(wanted),)


def _examined(settings: Settings, whose: Whose, until: float) -> Examined:
    entry = settings.file.accounts.get(whose.name) if whose.name != ENV_ACCOUNT else None
    practice = entry is not None and entry.practice
    environment = Environment.REAL if entry is None else entry.environment
    host = environment.host if entry is None else entry.values.text("base_url") or environment.host
    store = "environment" if entry is None else entry.values.text("secrets", "auto")
    try:
        with patience(max(until - time.monotonic(), _LEAST)):
            account = settings.account(whose.name)
    except KisError as error:
        return Examined(whose, practice, "" if practice else host, environment.key, None, error, store)
    return Examined(whose, practice, "" if practice else account.host, account.environment.key, account, None, store)


def _written_names(settings: Settings) -> tuple[str, ...]:
    """Every name of an account that the file holds, also where the rest of it cannot be read: it may stand in a message."""
    names = list(settings.file.accounts)
    with suppress(OSError):
        text = settings.file.path.read_bytes().decode("utf-8", errors="replace")
        names += [next(filter(None, found)) for found in _TABLE.findall(text)]
        with suppress(ValueError, RecursionError):  # no TOML, a number of thousands of digits, thousands of brackets
            names += [str(name) for name in _accounts(tomllib.loads(text.removeprefix("\ufeff")))]
    return tuple(dict.fromkeys(name for name in names if name != ENV_ACCOUNT))


def _accounts(table: Mapping[str, object]) -> Mapping[str, object]:
    found = table.get("accounts", {})
    return found if isinstance(found, dict) else {}
