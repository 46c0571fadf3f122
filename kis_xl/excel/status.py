"""How the snapshot is doing: what KIS_STATUS shows. It never waits for the network and never fails for want of data."""

from __future__ import annotations

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
from kis_xl.snapshots import State

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
_ROOM = Text("디스크의 남은 공간과 데이터 폴더의 권한을 확인하세요.", "Check the disk's free space and the permissions of the data folder.")


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
    state = session.snapshots.state(key)
    balance = state.balance
    error = state.error
    of_balance: list[object] = ["", "", "", key.account.number.masked, "", "", "", ""]
    if balance is not None:
        of_balance = [
            balance.as_of,
            _age(balance),
            balance.environment.caption.in_(language) + ("" if _is_kis(balance) else Text(" (시뮬레이터)", " (simulator)").in_(language)),
            balance.account.masked,
            len(balance.holdings),
            balance.pages,
            _checks(balance, language),
            "; ".join(f"{name}={value}" for name, value in balance.parameters.items() if value),
        ]
    else:
        of_balance[2] = key.account.environment.caption.in_(language)
    told = ["", _ROOM.in_(language)] if error is None and state.unsaved.en else _told(error, language)
    return _grid(session, [_verdict(state, language), *of_balance, state.attempted, *told])


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
    return " ".join(part for part in (f"{when:%H:%M}", *_told(error, language)) if part)


def _told(error: KisError | None, language: Language) -> list[str]:
    return ["", ""] if error is None else [f"{code_of(error)}: {error.message(language)}", error.hint.in_(language)]


def _verdict(state: State, language: Language) -> str:
    balance = state.balance
    if balance is None:
        text = Text("아직 조회하지 않음", "not fetched yet") if state.error is None else Text("조회 실패", "the fetch failed")
    elif state.error is not None:
        text = Text("새로고침 실패: 이전 자료를 보여 줍니다", "refresh failed: showing earlier data")
    elif state.unsaved.en:
        text = state.unsaved
    elif _age(balance) >= OLD:
        text = Text("하루가 지난 자료입니다: 새로고침 하세요", "over a day old: refresh")
    elif not all(check.ok for check in balance.checks()):
        text = Text("검산이 맞지 않습니다", "the checks differ")
    else:
        text = Text("정상", "OK")
    return text.in_(language)


def _age(balance: Balance) -> int:
    """Whole minutes since the snapshot; 0 where the clock was set back."""
    return max(0, int((kst.now() - balance.as_of).total_seconds() // 60))


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
    with Broker(whose, session.settings.folder, session.settings.policy) as broker:
        seconds = broker.ping()
    environment = whose.environment.caption.in_(session.language)
    taken = Text(f"{seconds:.2f}초", f"{seconds:.2f} s").in_(session.language)
    return of_text(f"OK: {environment}, {whose.number.masked}, {taken}")
