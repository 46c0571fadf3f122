"""The state of the server behind a workbook: settings, snapshots, and what went wrong last.

One a process, made when the first cell asks. A changed environment variable makes a new one, so nothing has to be
restarted after a setting was changed in the same process; what is shown goes with the data folder and stays.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import is_
from pathlib import Path
from typing import Any, Final, TypeAlias

from kis_xl import kst
from kis_xl.accounts import Account
from kis_xl.configfile import ALL
from kis_xl.errors import KisError
from kis_xl.excel import arguments
from kis_xl.excel.failures import ARGUMENT_CODES
from kis_xl.excel.options import NO_OPTIONS, Options
from kis_xl.excel.several import OfAccount, at_once, tried
from kis_xl.excel.view import Figures, Together, View
from kis_xl.history import History
from kis_xl.language import Language
from kis_xl.logs import log_to
from kis_xl.models import Balance
from kis_xl.redaction import get_logger
from kis_xl.settings import Settings
from kis_xl.snapshots import Key, Snapshots

_log = get_logger(__name__)
#: The variables whose change is looked for at each call: those that make figures another account's, and the language.
_WATCHED: Final = (
    "KIS_XL_HOME",
    "KIS_XL_HISTORY_URL",
    "KIS_XL_ACCOUNT",
    "KIS_XL_APPKEY",
    "KIS_XL_APPSECRET",
    "KIS_XL_BASE_URL",
    "KIS_XL_ENV",
    "KIS_XL_LANG",
    "KIS_XL_PARAMETERS",
)
#: An account argument (`*` for all) and the API parameters that go with it.
Asked: TypeAlias = "tuple[str, tuple[tuple[str, str], ...]]"
_MOST_LOGGED: Final = 1_000


@dataclass
class Session:
    """What the functions of one workbook share.

    `failure` is the last error of a function that the snapshots' own states do not tell, and when it was (KST). `asked` are
    the accounts and parameters that cells have asked for since the last refresh, `renewed` the snapshots that it was about.
    """

    settings: Settings
    snapshots: Snapshots
    history: History
    failure: tuple[datetime, KisError] | None = None
    asked: set[Asked] = field(default_factory=set)
    renewed: set[Key] = field(default_factory=set)
    _logged: set[str] = field(default_factory=set)
    _keys: dict[object, Key] = field(default_factory=dict)
    _all: dict[object, tuple[Key, ...]] = field(default_factory=dict)
    _views: dict[Key, View] = field(default_factory=dict)
    _together: dict[tuple[Key, ...], Together] = field(default_factory=dict)

    @classmethod
    def start(cls, before: Session | None = None) -> Session:
        """Read the settings; with the data folder of `before`, what that one shows stays. Raises ConfigError."""
        settings = Settings.load()
        log_to(settings.folder)
        if before is None or (before.settings.folder.path, before.settings.folder.history) != (
            settings.folder.path,
            settings.folder.history,
        ):
            return cls(settings, Snapshots(settings.folder, settings.policy), History(settings.folder))
        before.snapshots.policy = settings.policy
        return cls(settings, before.snapshots, before.history, before.failure, before.asked, before.renewed)

    @property
    def log_file(self) -> Path | None:
        """Today's log, None where there can be none."""
        return log_to(self.settings.folder)

    @property
    def language(self) -> Language:
        """The language of captions and messages: the workbook's, else the user's."""
        return _language or self.settings.language

    def account(self, name: str = "") -> Account:
        """See `Settings.account`."""
        return self.settings.account(name)

    def key(self, account: Any = None, options: Options = NO_OPTIONS) -> Key:
        """The snapshot that an `account` argument and options ask for."""
        asked = (arguments.account(account), options.parameters)
        key = self._keys.get(asked)
        if key is None:
            key = self._keys[asked] = self._key_of(options, asked[0])
        self.asked.add(asked)
        return key

    def view(self, account: Any = None, options: Options = NO_OPTIONS) -> View:
        """The cells of the snapshot that is shown. Raises KisError where there is none and none can be fetched."""
        key = self.key(account, options)
        return self._view(key, self.snapshots.shown(key))

    def _view(self, key: Key, balance: Balance) -> View:
        view = self._views.get(key)
        if view is None or view.balance is not balance:
            view = self._views[key] = View(balance)
        return view

    def figures(self, account: Any = None, options: Options = NO_OPTIONS) -> Figures:
        """What an account argument means: the `view` of one account, or all accounts `together`."""
        return self.together(options) if arguments.is_all(account) else self.view(account, options)

    def names(self) -> tuple[str, ...]:
        """The names of all accounts, the default first. Raises ConfigError where there is none."""
        return self.settings.account_names() or (self.account().name,)

    def each(self, account: Any = None, options: Options = NO_OPTIONS) -> tuple[Key | OfAccount, ...]:
        """The snapshots that an `account` argument asks for; in the place of an account that cannot be asked, why.

        An account that is set up under two names is one: for `*` it counts once, under the first of them. Raises KisError where
        one account is asked for that cannot be, or none is set up.
        """
        if not arguments.is_all(account):
            return (self.key(account, options),)
        self.asked.add((ALL, options.parameters))
        found: dict[object, Key | OfAccount] = {}
        for name in self.names():
            key = tried(partial(self._key_of, options), name)
            if isinstance(key, KisError):
                found[name] = OfAccount(name, key)
            else:
                found.setdefault((key.account.number, key.account.environment, key.account.host), key)
        return tuple(found.values())

    def _key_of(self, options: Options, name: str) -> Key:
        return Key.of(self.account(name), dict(options.parameters))

    def all_keys(self, options: Options = NO_OPTIONS) -> tuple[Key, ...]:
        """The snapshots of all accounts. Raises KisError, which names the account, where one of them cannot be asked."""
        asked = (ALL, options.parameters)
        known = self._all.get(asked)
        if known is None:
            each = self.each(ALL, options)
            failed = next((account for account in each if isinstance(account, OfAccount)), None)
            if failed is not None:
                raise failed.named()
            known = self._all[asked] = keys_in(each)
        self.asked.add(asked)
        return known

    def together(self, options: Options = NO_OPTIONS) -> Together:
        """The cells of all accounts. KisError, which names the account, where one has nothing to show: a part is no whole."""
        keys = self.all_keys(options)
        parts = [self._view(key, balance) for key, balance in zip(keys, self._balances(keys), strict=True)]
        known = self._together.get(keys)
        if known is None or not all(map(is_, known.parts, parts)):
            known = self._together[keys] = Together(parts)
        return known

    def _balances(self, keys: Sequence[Key]) -> list[Balance]:
        """What is shown of each. Those with nothing to show are fetched at the same time, so that cells wait for one fetch."""
        new = [key for key in keys if self.snapshots.state(key).balance is None]
        came = dict(zip(new, at_once(self.snapshots.shown, new), strict=True))
        found: list[Balance] = []
        for key in keys:
            balance = came[key] if key in came else self.snapshots.shown(key)
            if isinstance(balance, KisError):
                raise OfAccount(key.account.name, balance).named()
            found.append(balance)
        return found

    def asked_keys(self) -> tuple[Key, ...]:
        """The snapshots that cells have asked for since the last refresh, as the accounts are set up now."""
        found: dict[Key, None] = {}
        for name, parameters in sorted(self.asked):
            with suppress(KisError):  # an account that has gone since
                found |= dict.fromkeys(keys_in(self.each(name, Options(parameters=parameters))))
        return tuple(found)

    def shown_keys(self) -> tuple[Key, ...]:
        """The snapshots that cells show: those of the last refresh too, which cells that are not computed yet still show."""
        return tuple(dict.fromkeys((*self.asked_keys(), *sorted(self.renewed, key=lambda key: key.parameters))))

    def refreshed(self, keys: Iterable[Key]) -> None:
        """After a refresh, or its second round: the cells that are still there ask again when they are computed."""
        self.renewed.update(keys)
        self.asked.clear()

    def failed(self, error: KisError) -> None:
        """Remember what went wrong in a function, and log it: once, since a thousand cells may say the same at each recalculation."""
        if self.snapshots.has_told(error):
            return
        self.failure = (kst.now(), error)
        said = f"{error.code}: {error.message('en')}"
        if said not in self._logged and len(self._logged) < _MOST_LOGGED:
            self._logged.add(said)
            # what stands in a formula is its user's own slip, told in the cell
            _log.log(logging.WARNING if error.code in ARGUMENT_CODES else logging.ERROR, "%s", said)


def keys_in(each: Iterable[Key | OfAccount]) -> tuple[Key, ...]:
    """Those that can be asked."""
    return tuple(key for key in each if isinstance(key, Key))


def name_of(account: Key | OfAccount) -> str:
    """The account's name."""
    return account.account.name if isinstance(account, Key) else account.name


_language: Language | None = None
_session: Session | None = None
_environment: tuple[str | None, ...] = ()
_lock = threading.Lock()


def current() -> Session:
    """This process's session. Raises ConfigError where the settings cannot be read."""
    global _session, _environment
    environment = tuple([os.environ.get(name) for name in _WATCHED])
    if _session is None or environment != _environment:
        with _lock:
            if _session is None or environment != _environment:  # another thread may have been here first
                _session, _environment = Session.start(_session), environment
    return _session


def renew() -> Session:
    """Read the settings anew; what is shown stays."""
    global _session
    before = current()
    with _lock:
        _session = Session.start(before)
    return _session


def speak(language: Language | None) -> None:
    """Have captions and messages in `language` from now on; None for the user's own."""
    global _language
    _language = language


def language() -> Language:
    """The language of captions and messages, also where the settings cannot be read."""
    from kis_xl.language import current as users  # noqa: PLC0415 (the same name as above)

    try:
        return current().language
    except KisError:
        return _language or users()
