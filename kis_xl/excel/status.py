"""How the snapshot is doing: what KIS_STATUS shows. It never waits for the network and never fails for want of data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kis_xl import __version__, kst
from kis_xl.accounts import Account
from kis_xl.configfile import ALL
from kis_xl.errors import KisError
from kis_xl.excel import arguments, failures
from kis_xl.excel.arguments import flat
from kis_xl.excel.failures import ARGUMENT_CODES, code_of
from kis_xl.excel.session import Session, current, name_of
from kis_xl.excel.session import language as language_of_session
from kis_xl.excel.several import OfAccount, at_once
from kis_xl.excel.tables import ITEM
from kis_xl.excel.values import Grid, of_any, of_text
from kis_xl.language import Language, Text
from kis_xl.models import Balance, Check
from kis_xl.snapshots import Key, State

_CAPTIONS = (
    Text("상태", "Status"),
    Text("조회 시각", "As of"),
    Text("경과(분)", "Age (minutes)"),
    Text("환경", "Environment"),
    Text("계좌", "Account"),
    Text("보유 행", "Rows"),
    Text("페이지", "Pages"),
    Text("검산", "Checks"),
    Text("조회 옵션", "Parameters"),
    Text("마지막 시도", "Last attempt"),
    Text("마지막 오류", "Last error"),
    Text("해결 방법", "What to do"),
    Text("수식 오류", "Last formula error"),
    Text("로그 파일", "Log file"),
    Text("버전", "Version"),
)
_FAILED: Final = Text("조회 실패", "the fetch failed")
_NOT_YET: Final = Text("아직 조회하지 않음", "not fetched yet")
_NOT_RENEWED: Final = Text("새로고침 실패: 이전 자료를 보여 줍니다", "refresh failed: showing earlier data")
_UNSAVED: Final = Text("저장하지 못했습니다", "not saved")  # said in the words of what went wrong
_AHEAD: Final = Text("조회 시각이 미래입니다: 컴퓨터의 시계를 확인하세요", "as of a time to come: check this computer's clock")
_OVER_A_DAY: Final = Text("하루가 지난 자료입니다: 새로고침 하세요", "over a day old: refresh")
_DIFFERS: Final = Text("검산이 맞지 않습니다", "the checks differ")
_FINE: Final = Text("정상", "OK")
#: The states of an account, the worst first.
_VERDICTS: Final = (_FAILED, _NOT_YET, _NOT_RENEWED, _UNSAVED, _AHEAD, _OVER_A_DAY, _DIFFERS, _FINE)
#: What to do about a scheduled report that failed or was missed.
_MAKE_UP: Final = Text("`kis-xl schedule run` 으로 지금 만들 수 있습니다.", "Make it now with kis-xl schedule run.")
_SIMULATED: Final = Text(" (시뮬레이터)", " (simulator)")
#: From this age on (minutes) the state says so.
OLD = 24 * 60
#: Somebody waits for this call, and Excel with them.
_PING_SECONDS = 10.0


def table(account: Any) -> Grid:
    """Caption and value, a row each; see `_CAPTIONS`. For `*` a row of names first, and a column an account.

    Raises AccountError for an account that is asked for and not there.
    """
    session: Session | None = None
    try:
        session = current()
        if arguments.is_apart(account):
            return _of_each(session)
        return _grid(session, [_of_accounts(session, session.all_keys() if arguments.is_all(account) else [session.key(account)])])
    except KisError as error:
        if error.code in ARGUMENT_CODES and list(flat(account)) and not arguments.is_all(account):
            raise
        fault = error
    return _grid(session, [_of_fault(fault)])


def _of_each(session: Session) -> Grid:
    """A column an account, whatever is wrong with it."""
    each = session.each(ALL)
    columns = [_of_accounts(session, [account]) if isinstance(account, Key) else _of_fault(account.error) for account in each]
    return _grid(session, columns, [of_text(name_of(account)) for account in each])


def _of_fault(error: KisError) -> list[object]:
    """The values of an account of which nothing can be known."""
    language = language_of_session()
    return [error.what.in_(language), *[""] * 9, *_told(error, language)]


def _of_accounts(session: Session, keys: Sequence[Key]) -> list[object]:
    """The values of an account, or of several as one: the worst state, the oldest time, the sums of rows, pages and checks."""
    language = session.language
    accounts = [_Known(key, _states(session, key)) for key in keys]
    states = {key: state for account in accounts for key, state in account.states.items()}
    balances = [account.balance for account in accounts if account.balance is not None]
    of_balances: list[object] = ["", "", _distinct(account.environment(language) for account in accounts)]
    of_balances += [_distinct(account.key.account.number.masked for account in accounts), "", "", "", ""]
    if balances:
        oldest = min(state.balance.as_of for state in states.values() if state.balance is not None)
        of_balances[:2] = [oldest, "" if kst.is_ahead(oldest) else _age(oldest)]  # no age can be told of what is yet to come
        of_balances[4:] = [
            sum(len(balance.holdings) for balance in balances),
            sum(balance.pages for balance in balances),
            _checks([check for balance in balances for check in balance.checks()], language),
            _distinct("; ".join(f"{name}={value}" for name, value in balance.parameters.items() if value) for balance in balances),
        ]
    attempted = max((state.attempted for state in states.values() if state.attempted is not None), default=None)
    verdict = min((account.verdict() for account in accounts), key=_VERDICTS.index)
    said = verdict if verdict is not _UNSAVED else next(state.unsaved.what for state in states.values() if state.unsaved is not None)
    error, *advice = _trouble(states, language, is_named=len(keys) > 1)
    unreported = _unreported(session)
    if unreported is not None:
        # where nothing is worse it is the state that the dashboard shows, and why figures are old; else it goes with what to do
        said, also = (unreported, ()) if verdict in (_FINE, _OVER_A_DAY) else (said, (unreported,))
        advice += [f"{text.in_(language).rstrip('.')}." for text in (*also, _MAKE_UP)]
    return [said.in_(language), *of_balances, attempted, error, " ".join(filter(None, advice))]


def _unreported(session: Session) -> Text | None:
    """What is wrong with the scheduled report, which nobody watches while it is made."""
    from kis_xl.schedule.runs import problem  # noqa: PLC0415 (a server that has started has time for it)

    return problem(session.settings)


def _distinct(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))


def _states(session: Session, usual: Key) -> dict[Key, State]:
    """The account's own snapshot first, then those that cells show with other parameters."""
    others = [key for key in session.shown_keys() if key.account == usual.account]
    return {key: session.snapshots.state(key) for key in (usual, *others)}


def _trouble(states: dict[Key, State], language: Language, *, is_named: bool) -> list[str]:
    """The first error and what to do about it; with which account and parameters, where they are not the usual ones."""
    for key, state in states.items():
        if state.error is not None:
            what, hint = _told(state.error, language)
            which = [key.account.name] if is_named else []
            told = " ".join((*which, "; ".join(f"{name}={value}" for name, value in key.parameters))).strip()
            return [f"[{told}] {what}" if told else what, hint]
    unsaved = next((state.unsaved for state in states.values() if state.unsaved is not None), None)
    return ["", "" if unsaved is None else unsaved.hint.in_(language)]


def _grid(session: Session | None, columns: Sequence[list[object]], names: Sequence[str] = ()) -> Grid:
    """The captions and the columns, each with what is the same for all: the last formula error, the log file, the version."""
    language = language_of_session()
    log_file = None if session is None else session.log_file
    common = [_failure(session, language), "" if log_file is None else str(log_file), f"kis_xl {__version__}"]
    columns = [[*column, *common] for column in columns]
    rows: Grid = [
        [caption.in_(language), *(of_text(value) if isinstance(value, str) else of_any(value) for value in values)]
        for caption, *values in zip(_CAPTIONS, *columns, strict=True)
    ]
    return [[ITEM.in_(language), *names], *rows] if names else rows


def _failure(session: Session | None, language: Language) -> str:
    if session is None or session.failure is None:
        return ""
    when, error = session.failure
    told = " - ".join(part for part in _told(error, language) if part)
    return f"{when:%m-%d %H:%M} {told}"


def _told(error: KisError | None, language: Language) -> list[str]:
    return ["", ""] if error is None else [f"{code_of(error)}: {error.message(language)}", error.hint.in_(language)]


@dataclass(frozen=True)
class _Known:
    """What is known of an account: the states of its snapshots."""

    key: Key
    states: dict[Key, State]

    @property
    def balance(self) -> Balance | None:
        """What cells show of it: its usual snapshot, or else one with other parameters."""
        return next((state.balance for state in self.states.values() if state.balance is not None), None)

    def environment(self, language: Language) -> str:
        """Real or mock, and whether the figures are the simulator's."""
        is_made_up = self.balance is not None and not self.balance.from_kis
        return self.key.account.environment.caption.in_(language) + (_SIMULATED.in_(language) if is_made_up else "")

    def verdict(self) -> Text:
        """The worst that is so of any of its snapshots: one of `_VERDICTS`."""
        balances = [state.balance for state in self.states.values() if state.balance is not None]
        failed = any(state.error is not None for state in self.states.values())
        if not balances:
            return _FAILED if failed else _NOT_YET
        if failed:
            return _NOT_RENEWED
        if any(state.unsaved is not None for state in self.states.values()):
            return _UNSAVED
        if any(kst.is_ahead(balance.as_of) for balance in balances):
            return _AHEAD
        if any(_age(balance.as_of) >= OLD for balance in balances):
            return _OVER_A_DAY
        return _FINE if all(check.ok for balance in balances for check in balance.checks()) else _DIFFERS


def _age(as_of: datetime) -> int:
    """Whole minutes since then."""
    return max(0, int((kst.now() - as_of).total_seconds() // 60))


def _checks(checks: Sequence[Check], language: Language) -> str:
    wrong = _distinct(check.caption.in_(language) for check in checks if not check.ok)
    passed = f"{sum(check.ok for check in checks)}/{len(checks)}"
    return f"{passed} ({wrong})" if wrong else passed


def pings(session: Session) -> Grid:
    """A row an account: its name, and its `ping`, or the error. All are called at the same time."""
    rows: Grid = []
    for name, answer in _answers(session):
        if isinstance(answer, KisError):
            session.failed(OfAccount(name, answer).named())
        rows.append([of_text(name), failures.cell(answer, session.language) if isinstance(answer, KisError) else answer])
    return rows


def ping(session: Session, account: Any) -> str:
    """One authenticated call; its time. Raises KisError. For all accounts a line each, also of what went wrong."""
    if not arguments.is_all(account):
        return _ping(session, session.key(account).account)
    return "\n".join(
        f"{name}: {_told(answer, session.language)[0] if isinstance(answer, KisError) else answer}" for name, answer in _answers(session)
    )


def _answers(session: Session) -> list[tuple[str, str | KisError]]:
    def answer(account: Key | OfAccount) -> str:
        if isinstance(account, OfAccount):
            raise account.error
        return _ping(session, account.account)

    each = session.each(ALL)
    return [(name_of(account), said) for account, said in zip(each, at_once(answer, each), strict=True)]


def _ping(session: Session, whose: Account) -> str:
    from kis_xl.broker import Broker  # noqa: PLC0415 (the HTTP library: other functions need none)

    patience = session.settings.policy.for_one_call(_PING_SECONDS)
    with Broker(whose, session.settings.folder, patience) as broker:
        seconds = broker.ping()
    environment = whose.environment.caption.in_(session.language)
    taken = Text(f"{seconds:.2f}초", f"{seconds:.2f} s").in_(session.language)
    return of_text(f"OK: {environment}, {whose.number.masked}, {taken}")
