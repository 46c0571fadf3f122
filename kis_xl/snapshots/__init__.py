"""The newest balance of each account: one snapshot for all cells, kept on disk, replaced only by a whole new one.

    shown()     what cells show: from memory, from disk, or, where there is nothing to show, fetched
    fly()       a fetch in the background; a balance that is shown stays until the new one is adopted
    adopt()     show the balances that some flights brought, all at the same time
    state()     what is shown, and how the last attempt ended
    keep()      store a balance that was fetched elsewhere (the command line)

A key is an account and the query parameters it is asked with. There is one flight a key at a time: whoever asks
meanwhile joins it, in this process or in another one, which waits at a file lock and then takes what was stored.

files: a balance as a file · flights: one fetch under way
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from kis_xl import kst
from kis_xl.accounts import Account, check_parameters, differing, query
from kis_xl.datafolder import DataFolder, fingerprint
from kis_xl.errors import Cancelled, KisError, NetworkError, OutputError, reason_of
from kis_xl.language import Text
from kis_xl.models import Balance
from kis_xl.policy import Policy
from kis_xl.redaction import get_logger
from kis_xl.snapshots import files
from kis_xl.snapshots.flights import Flight

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Flight", "Key", "Snapshots", "State"]

_log = get_logger(__name__)
#: Cells wait so long for the first snapshot of an account, all of them together; the fetch goes on without them.
PATIENCE: Final = 20.0
#: After a fetch that failed with nothing to show, cells repeat its error for so long before they ask again.
PAUSE: Final = 30.0
_ROOM: Final = Text(
    "디스크의 남은 공간과 데이터 폴더의 권한을 확인하세요.", "Check the disk's free space and the permissions of the data folder."
)


@dataclass(frozen=True)
class Key:
    """An account and the parameters it is asked with, which together have one snapshot."""

    account: Account
    parameters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, account: Account, parameters: Mapping[str, str] | None = None) -> Key:
        """The key; parameters equal to what the account is asked with anyway do not make another one."""
        return cls(account, tuple(sorted(differing(check_parameters(parameters or {}), account.parameters).items())))

    @property
    def file_name(self) -> str:
        """Tells nothing about the account; the same for the same account, host and parameters."""
        account = self.account
        whole = query(account, dict(self.parameters))
        return fingerprint(account.environment.key, account.host, *(f"{key}={whole[key]}" for key in sorted(whole)))

    def __hash__(self) -> int:
        return hash((self.account.name, self.parameters))


@dataclass
class State:
    """What is shown of one key, and how the last attempt to renew it ended.

    `unsaved` is why the newest balance is not on disk, where that is so.
    """

    balance: Balance | None = None
    attempted: datetime | None = None
    error: KisError | None = None
    unsaved: KisError | None = None
    looked: bool = field(default=False, repr=False)
    failed_at: float = field(default=0.0, repr=False)


class Snapshots:
    """The newest balances of all accounts, in one data folder. May be shared by threads.

    `policy` is how patiently the next fetch calls the service; it may be replaced.
    """

    def __init__(self, folder: DataFolder, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self._folder = folder
        self._states: dict[Key, State] = {}
        self._flights: dict[Key, Flight] = {}
        self._lock = threading.RLock()

    def shown(self, key: Key) -> Balance:
        """The balance that all cells show. Fetches only where there is nothing to show; raises KisError if that fails."""
        state = self.state(key)
        if state.balance is not None:
            return state.balance
        flight = self._first(key, state)
        if flight is None:
            return self.shown(key)
        if not flight.wait(max(0.0, PATIENCE - flight.age)):
            raise NetworkError(
                Text(
                    f"첫 조회가 아직 끝나지 않았습니다 ({flight.pages}페이지).", f"the first fetch is not done yet ({flight.pages} pages)"
                ),
                Text("잠시 후 새로고침 하세요.", "Refresh in a moment."),
            )
        brought = flight.result()
        return self.state(key).balance or brought

    def _first(self, key: Key, state: State) -> Flight | None:
        """The fetch that cells with nothing to show wait for; None where there is something by now."""
        with self._lock:
            if state.balance is None and key not in self._flights:
                if state.error is not None and time.monotonic() - state.failed_at < PAUSE:
                    raise state.error.with_traceback(None)  # see Flight.result
                state.balance = files.load(self._path(key), key.account)  # another process may have stored one since
            return self.fly(key) if state.balance is None else None

    def state(self, key: Key) -> State:
        """What is shown of `key`, without asking the network; loads what is on disk when asked for the first time."""
        state = self._states.get(key)
        if state is not None and state.looked:
            return state
        with self._lock:
            state = self._states.setdefault(key, State())
            if not state.looked:
                state.balance = files.load(self._path(key), key.account)
                state.looked = True
        return state

    def used(self) -> tuple[Key, ...]:
        """Every key that was asked for so far."""
        with self._lock:
            return tuple(self._states)

    def fly(self, key: Key) -> Flight:
        """Fetch `key` in the background, or join the fetch that is under way."""
        with self._lock:
            state = self.state(key)
            flight = self._flights.get(key)
            if flight is None or flight.called_off:
                flight = Flight(lambda flight: self._fetch(key, flight), lambda flight: self._landed(key, flight))
                flight.start()
                self._flights[key] = flight
                state.attempted = kst.now()
            return flight

    def has_told(self, error: KisError) -> bool:
        """Whether `error` is how the last attempt for some key ended, which its state says."""
        with self._lock:
            return any(state.error is error for state in self._states.values())

    def adopt(self, flights: Iterable[tuple[Key, Flight]]) -> None:
        """Show what these flights brought, in one go. A flight that failed leaves what was shown before."""
        with self._lock:
            for key, flight in flights:
                state = self.state(key)
                if flight.balance is not None:
                    state.balance = flight.balance

    def keep(self, key: Key, balance: Balance) -> KisError | None:
        """Store `balance` for the next start and in the history; where that fails, why. Nothing is lost of what is shown."""
        troubles = [self._save(key, balance), self._remember(balance)]
        for trouble in filter(None, troubles):
            _log.warning("%s", trouble.message("en"))
        return next(filter(None, troubles), None)

    def _save(self, key: Key, balance: Balance) -> KisError | None:
        try:
            files.save(balance, self._path(key))
        except OSError as error:
            reason = reason_of(error)
            return OutputError(Text(f"스냅샷을 저장하지 못했습니다 ({reason}).", f"the snapshot was not saved ({reason})"), _ROOM)
        except KisError as error:
            return error
        return None

    def _remember(self, balance: Balance) -> KisError | None:
        from kis_xl.history import History  # noqa: PLC0415 (a database library: only when there is something to store)

        history = History(self._folder)
        try:
            history.store(balance)
        except KisError as error:
            return error
        finally:
            history.close()
        return None

    def _fetch(self, key: Key, flight: Flight) -> Balance:
        from kis_xl.broker import Broker  # noqa: PLC0415 (the HTTP library: cells that show what is on disk need none)

        before = files.stamp(self._path(key))
        with self._alone(key, flight):
            unsaved = None
            # another process may have stored one while this one waited: then that fetch was this one's, too
            is_new = files.stamp(self._path(key)) != before
            balance = files.load(self._path(key), key.account) if is_new else None
            if balance is None:
                with Broker(key.account, self._folder, self.policy) as broker:
                    balance = broker.balance(dict(key.parameters), flight.watch)
                _log.info("%s: %d rows on %d pages in %.1f s", key.account.name, len(balance.holdings), balance.pages, balance.seconds)
                flight.check()
                unsaved = self.keep(key, balance)
        with self._lock:
            self.state(key).unsaved = unsaved
        return balance

    @contextmanager
    def _alone(self, key: Key, flight: Flight) -> Iterator[None]:
        """While no other process fetches the same. The operating system frees the lock of one that was killed.

        Where there can be no lock, on a read-only disk, the fetch goes on without: two of the same do no harm.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415 (see _fetch)

        lock = FileLock(self._path(key).with_suffix(".lock"), mode=0o600)
        while not lock.is_locked:
            flight.check()
            try:
                lock.acquire(timeout=0.2, poll_interval=0.05)
            except Timeout:
                continue
            except OSError as error:
                _log.warning("fetching without a lock: %s", reason_of(error))
                break
        try:
            yield
        finally:
            lock.release()

    def _landed(self, key: Key, flight: Flight) -> None:
        with self._lock:
            if self._flights.get(key) is not flight:
                return  # called off, and another one has taken its place
            del self._flights[key]
            state = self.state(key)
            if flight.balance is not None:
                state.error = None
                state.balance = state.balance or flight.balance  # the cells that waited for a first one may have given up
            elif state.balance is None or not isinstance(flight.error, Cancelled):
                state.error, state.failed_at = flight.error, time.monotonic()

    def _path(self, key: Key) -> Path:
        return self._folder.part("snapshots") / f"{key.file_name}.json"
