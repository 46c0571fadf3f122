"""How the snapshot is doing: what KIS_STATUS shows. It never waits for the network and never fails for want of data."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from kis_xl import __version__, kst
from kis_xl.errors import KisError
from kis_xl.excel.arguments import flat
from kis_xl.excel.failures import ARGUMENT_CODES, code_of
from kis_xl.excel.session import Session, current
from kis_xl.excel.session import language as language_of_session
from kis_xl.excel.values import Grid, of_any, of_text
from kis_xl.language import Language, Text
from kis_xl.models import Balance
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
#: From this age on (minutes) the state says so.
OLD = 24 * 60
#: Two clocks may differ by so much.
_SAME_TIME = timedelta(minutes=5)
#: Somebody waits for this call, and Excel with them.
_PING_SECONDS = 10.0


def table(account: Any) -> Grid:
    """Caption and value, a row each; see `_CAPTIONS`. Raises AccountError for an account that is asked for and not there."""
    session: Session | None = None
    try:
        session = current()
        return _of_account(session, account)
    except KisError as error:
        if error.code in ARGUMENT_CODES and list(flat(account)):
            raise
        fault = error
    said = fault.what.in_(language_of_session())
    return _grid(session, [said, *[""] * 9, *_told(fault, language_of_session())])


def _of_account(session: Session, account: Any) -> Grid:
    language = session.language
    key = session.key(account)
    states = _states(session, key)
    balance = next((state.balance for state in states.values() if state.balance is not None), None)
    of_balance: list[object] = ["", "", "", key.account.number.masked, "", "", "", ""]
    if balance is not None:
        oldest = min(state.balance.as_of for state in states.values() if state.balance is not None)
        of_balance = [
            oldest,
            "" if _is_ahead(oldest) else _age(oldest),
            balance.environment.caption.in_(language) + ("" if _is_kis(balance) else Text(" (시뮬레이터)", " (simulator)").in_(language)),
            balance.account.masked,
            len(balance.holdings),
            balance.pages,
            _checks(balance, language),
            "; ".join(f"{name}={value}" for name, value in balance.parameters.items() if value),
        ]
    else:
        of_balance[2] = key.account.environment.caption.in_(language)
    attempted = max((state.attempted for state in states.values() if state.attempted is not None), default=None)
    return _grid(session, [_verdict(states, language), *of_balance, attempted, *_trouble(states, language)])


def _states(session: Session, usual: Key) -> dict[Key, State]:
    """The account's own snapshot first, then those that cells show with other parameters."""
    others = [key for key in session.shown_keys() if key.account == usual.account]
    return {key: session.snapshots.state(key) for key in (usual, *others)}


def _trouble(states: dict[Key, State], language: Language) -> list[str]:
    """The first error and what to do about it; which parameters it was with, where they are not the usual ones."""
    for key, state in states.items():
        if state.error is not None:
            what, hint = _told(state.error, language)
            which = "; ".join(f"{name}={value}" for name, value in key.parameters)
            return [f"[{which}] {what}" if which else what, hint]
    unsaved = next((state.unsaved for state in states.values() if state.unsaved is not None), None)
    return ["", "" if unsaved is None else unsaved.hint.in_(language)]


def _grid(session: Session | None, values: list[object]) -> Grid:
    language = language_of_session()
    log_file = None if session is None else session.log_file
    values = [*values, _failure(session, language), "" if log_file is None else str(log_file), f"kis_xl {__version__}"]
    cells = (of_text(value) if isinstance(value, str) else of_any(value) for value in values)
    return [[caption.in_(language), cell] for caption, cell in zip(_CAPTIONS, cells, strict=True)]


def _failure(session: Session | None, language: Language) -> str:
    if session is None or session.failure is None:
        return ""
    when, error = session.failure
    return " ".join(part for part in (f"{when:%m-%d %H:%M}", *_told(error, language)) if part)


def _told(error: KisError | None, language: Language) -> list[str]:
    return ["", ""] if error is None else [f"{code_of(error)}: {error.message(language)}", error.hint.in_(language)]


def _verdict(states: dict[Key, State], language: Language) -> str:
    """The worst that is so of any of the account's snapshots."""
    balances = [state.balance for state in states.values() if state.balance is not None]
    failed = any(state.error is not None for state in states.values())
    unsaved = next((state.unsaved for state in states.values() if state.unsaved is not None), None)
    if not balances:
        text = Text("조회 실패", "the fetch failed") if failed else Text("아직 조회하지 않음", "not fetched yet")
    elif failed:
        text = Text("새로고침 실패: 이전 자료를 보여 줍니다", "refresh failed: showing earlier data")
    elif unsaved is not None:
        text = unsaved.what
    elif any(_is_ahead(balance.as_of) for balance in balances):
        text = Text("조회 시각이 미래입니다: 컴퓨터의 시계를 확인하세요", "as of a time to come: check this computer's clock")
    elif any(_age(balance.as_of) >= OLD for balance in balances):
        text = Text("하루가 지난 자료입니다: 새로고침 하세요", "over a day old: refresh")
    elif not all(check.ok for balance in balances for check in balance.checks()):
        text = Text("검산이 맞지 않습니다", "the checks differ")
    else:
        text = Text("정상", "OK")
    return text.in_(language)


def _age(as_of: datetime) -> int:
    """Whole minutes since then."""
    return max(0, int((kst.now() - as_of).total_seconds() // 60))


def _is_ahead(as_of: datetime) -> bool:
    """Whether the clock was set back since: its age cannot be told then."""
    return as_of - kst.now() > _SAME_TIME


def _is_kis(balance: Balance) -> bool:
    return balance.host == balance.environment.host


def _checks(balance: Balance, language: Language) -> str:
    checks = balance.checks()
    wrong = [check.caption.in_(language) for check in checks if not check.ok]
    passed = f"{len(checks) - len(wrong)}/{len(checks)}"
    return f"{passed} ({', '.join(wrong)})" if wrong else passed


def ping(session: Session, account: Any) -> str:
    """One authenticated call; its time. Raises KisError."""
    from kis_xl.broker import Broker  # noqa: PLC0415 (the HTTP library: other functions need none)

    whose = session.key(account).account
    usual = session.settings.policy
    patience = replace(
        usual,
        attempts=1,
        connect_timeout=min(usual.connect_timeout, _PING_SECONDS),
        read_timeout=min(usual.read_timeout, _PING_SECONDS),
        longest_slot_wait=_PING_SECONDS,
        token_wait=_PING_SECONDS,
    )
    with Broker(whose, session.settings.folder, patience) as broker:
        seconds = broker.ping()
    environment = whose.environment.caption.in_(session.language)
    taken = Text(f"{seconds:.2f}초", f"{seconds:.2f} s").in_(session.language)
    return of_text(f"OK: {environment}, {whose.number.masked}, {taken}")
