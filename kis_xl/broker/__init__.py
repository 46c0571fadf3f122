"""The KIS Open API: one account's balance, typed and whole, or an error that says why not.

with Broker(account, DataFolder(path)) as broker:
    balance = broker.balance(progress=print)

headers   what is sent           policy   how patiently        codes    what the service's codes mean
limits    when it may be sent    tokens   with which token     http     one call, judged and repeated
paging    pages to one account
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType

import tenacity

from kis_xl.accounts import CHOOSABLE, Account, query
from kis_xl.broker.answers import Answer
from kis_xl.broker.codes import Action, Refusal
from kis_xl.broker.headers import FIRST, NEXT, Bearer, inquiry_headers
from kis_xl.broker.http import Http
from kis_xl.broker.limits import Slots
from kis_xl.broker.paging import Pages, Progress, ProgressCallback
from kis_xl.broker.tokens import TokenForOneFetch, Tokens
from kis_xl.datafolder import TOKENS, DataFolder, key_name, token_name
from kis_xl.fields import PATH
from kis_xl.models import Balance
from kis_xl.parsing import Extra
from kis_xl.policy import DEFAULT_RATES, Policy, Rate, calls_per_second
from kis_xl.redaction import Secret, get_logger

__all__ = ["DEFAULT_RATES", "Broker", "Policy", "Progress", "ProgressCallback", "Rate", "calls_per_second"]

_log = get_logger(__name__)
_told: set[tuple[str, str]] = set()


class Broker:
    """One account at the service. Keeps one connection alive; close it, or use it as a context manager.

    May be shared by threads: fetches of one Broker follow each other.
    """

    def __init__(self, account: Account, folder: DataFolder, policy: Policy | None = None) -> None:
        policy = policy or Policy()
        self._account = account
        self._policy = policy
        # each process has a practice service of its own: there is no limit and no token to share
        rate = None if account.practice else policy.rate_for(account.environment, account.calls_per_second)
        tokens = None if account.practice else folder.part(TOKENS) / token_name(account)
        self._slots = Slots(folder.part("limits") / f"{key_name(account)}.sqlite", rate, policy.longest_slot_wait)
        self._http = Http(account.address, policy, self._slots)
        self._tokens = Tokens(account, self._http, tokens, policy)
        self._one_at_a_time = threading.Lock()

    def balance(self, parameters: Mapping[str, str] | None = None, progress: ProgressCallback | None = None) -> Balance:
        """The whole account, all pages of `GET /uapi/domestic-stock/v1/trading/inquire-balance`.

        `parameters` are choices among the API's own (`INQR_DVSN`, `AFHR_FLPR_YN`, ...) and go before the account's.
        `progress` is called after each page; an exception that it raises ends the fetch.

        Amounts are won, rates percent, times KST. Raises KisError; a fault on any page is a fault of the whole call.
        """
        chosen = query(self._account, parameters or {})
        started = time.monotonic()
        with self._one_at_a_time:
            pages, restarts = self._read_until_unchanged(TokenForOneFetch(self._tokens), chosen, progress)
        _tell_once(pages.extras)
        assert pages.as_of is not None  # noqa: S101 (the first page sets it)
        return Balance(
            account=self._account.number,
            name=self._account.name,
            environment=self._account.environment,
            as_of=pages.as_of,
            holdings=tuple(pages.holdings),
            summary=pages.summary,
            pages=pages.pages,
            parameters={key: chosen[key] for key in CHOOSABLE},
            seconds=time.monotonic() - started,
            restarts=restarts,
            host=self._account.host,
            message=pages.message,
            extras=tuple(pages.extras),
        )

    def ping(self) -> float:
        """Ask for the first page and drop it: the seconds that an authenticated call takes. Raises KisError."""
        started = time.monotonic()
        with self._one_at_a_time:
            try:
                self._inquire(TokenForOneFetch(self._tokens), FIRST, query(self._account, {}))
            except Refusal as refusal:
                failure = refusal.error
            else:
                return time.monotonic() - started
        raise failure

    def try_keys(self) -> None:
        """Ask with a token that nobody issued: keys that are wrong, or of the other environment, are refused for that.

        It costs no token, which would send the customer a message. Returns where the service refuses the token alone, or does
        not say; raises KisError otherwise.
        """
        with self._one_at_a_time:
            try:
                self._call(Secret("no-token-yet"), FIRST, query(self._account, {}))
            except Refusal:
                return

    def token_expiry(self) -> datetime | None:
        """When the stored token expires (KST); None where there is none. Asks nobody."""
        return self._tokens.expiry()

    def calls_left(self) -> int | None:
        """How many calls may be made at once now, by all processes together; None where there is no limit."""
        return self._slots.left()

    def forget(self) -> None:
        """Delete the stored token on this machine."""
        self._tokens.forget()

    def revoke(self) -> bool:
        """Have the service forget the stored token; False when there is none."""
        return self._tokens.revoke()

    def close(self) -> None:
        """Close the connection and the call counter."""
        self._http.close()
        self._slots.close()

    def _read_until_unchanged(
        self, token: TokenForOneFetch, chosen: dict[str, str], progress: ProgressCallback | None
    ) -> tuple[Pages, int]:
        """All pages; from page 1 again when the service says that the data changed between two (SYDB0050)."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(1 + self._policy.restarts),
            wait=tenacity.wait_random_exponential(self._policy.backoff, self._policy.longest_backoff),
            retry=tenacity.retry_if_exception_type(Refusal),
            before_sleep=lambda state: _log.info("the data changed between pages: start %d at page 1", state.attempt_number + 1),
            reraise=True,
        )
        try:
            pages = retrying(self._read, token, chosen, progress)
        except Refusal as refusal:
            failure = refusal.error
        else:
            return pages, int(retrying.statistics.get("attempt_number", 1)) - 1
        raise failure

    def _read(self, token: TokenForOneFetch, chosen: dict[str, str], progress: ProgressCallback | None) -> Pages:
        pages = Pages(self._policy.max_pages)
        tr_cont, params = FIRST, chosen
        while True:
            cursors = pages.add(self._inquire(token, tr_cont, params))
            if progress is not None:
                progress(Progress(pages.pages, len(pages.holdings)))
            if cursors is None:
                return pages
            tr_cont, params = NEXT, {**chosen, "CTX_AREA_FK100": cursors[0], "CTX_AREA_NK100": cursors[1]}

    def _inquire(self, token: TokenForOneFetch, tr_cont: str, params: dict[str, str]) -> Answer:
        """One page, with a new token once a fetch where the service refuses the stored one."""
        try:
            return self._call(token.secret(), tr_cont, params)
        except Refusal as refusal:
            if refusal.action is not Action.NEW_TOKEN:
                raise
            failure = refusal.error
        _log.info("the token was refused: %s", failure.msg_cd)
        if not token.replace():
            raise failure
        return self._inquire(token, tr_cont, params)

    def _call(self, token: Secret, tr_cont: str, params: dict[str, str]) -> Answer:
        return self._http.call(
            "GET",
            PATH,
            auth=Bearer(token),
            headers=lambda: inquiry_headers(self._account, tr_cont),
            params=params,
            caller_handles=(Action.NEW_TOKEN, Action.RESTART),
        )

    def __enter__(self) -> Broker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Broker({self._account.number.masked!r}, {self._account.environment.key!r})"


def _tell_once(extras: list[Extra]) -> None:
    for extra in extras:
        if (extra.section, extra.key) not in _told:
            _told.add((extra.section, extra.key))
            _log.warning("the service sends a field that the API document does not know: %s.%s", extra.section, extra.key)
