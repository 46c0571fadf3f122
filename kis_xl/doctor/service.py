"""The service as an account sees it: its token, the calls that are left, one authenticated call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kis_xl import kst
from kis_xl.accounts import Account
from kis_xl.datafolder import DataFolder
from kis_xl.doctor.case import Case, Examined, token_file
from kis_xl.doctor.finding import Finding, failed, of_error, ok, skipped, warned
from kis_xl.errors import KisError, NetworkError, RateLimitError
from kis_xl.language import Text
from kis_xl.policy import Policy

if TYPE_CHECKING:
    from kis_xl.broker import Broker

_PATIENCE: Final = 10.0
#: Clocks are read in milliseconds, and locks looked at now and then.
_SLACK: Final = 0.05
_CALL: Final = "service.call"
_TOKEN: Final = "service.token"  # noqa: S105 (a finding's name)


def service(case: Case, reachable: set[str]) -> Iterator[Finding]:
    """Each account in turn. `reachable` are the hosts that have answered; one that does not answer a call is asked no more."""
    for each in case.accounts:
        for finding in _of_account(case, each, reachable):
            if finding.code == NetworkError.code:
                reachable.discard(each.host)
            yield replace(finding, whose=each.whose)


def _of_account(case: Case, each: Examined, reachable: set[str]) -> Iterator[Finding]:
    if each.practice:
        yield skipped(_CALL, Text("연습 계좌는 네트워크를 쓰지 않습니다.", "a practice account uses no network"))
        return
    if each.account is None:
        yield skipped(_CALL, Text("앱키를 읽을 수 없어 조회하지 않았습니다.", "not called: its keys cannot be read"))
        return
    file = token_file(each.account, case.folder)
    calls = not case.offline and each.host in reachable
    if not calls and not file.exists():
        yield _no_token()
        yield _not_called(case)
        return
    try:
        yield from _by_broker(case, each.account, file, calls=calls)
    except KisError as error:  # the data folder cannot be used
        yield of_error(_CALL, error)


def _by_broker(case: Case, account: Account, file: Path, *, calls: bool) -> Iterator[Finding]:
    from kis_xl.broker import Broker  # noqa: PLC0415 (the HTTP library: only where there is something to ask it)

    with Broker(account, DataFolder(case.folder.path), case.settings.policy.for_one_call(_PATIENCE)) as broker:
        expires = broker.token_expiry()
        yield _token(expires, file)
        rate = case.settings.policy.rate_for(account.environment, account.calls_per_second)
        yield _limits(broker, 0.0 if rate is None else min(rate.seconds, _PATIENCE))
        if not calls:
            yield _not_called(case)
        elif _needs_token(expires, case.settings.policy) and _is_held(Path(f"{file}.lock")):
            yield failed(
                _CALL,
                RateLimitError,
                Text("다른 kis_xl이 접근토큰을 받는 중입니다.", "another kis_xl process is getting a token"),
                Text(
                    "잠시 후 다시 시도하고, 계속되면 Excel을 닫고 남은 python 을 끝내세요.",
                    "Try again in a while; if it goes on, close Excel and end the python that is left.",
                ),
            )
        else:
            yield _call(broker, expires)


def _no_token() -> Finding:
    what = Text("접근토큰이 아직 없습니다. 첫 조회 때 받습니다.", "there is no token yet; the first call gets one")
    return ok(_TOKEN, what, state="none")


def _needs_token(expires: datetime | None, policy: Policy) -> bool:
    """Whether a call has to ask for a token first."""
    return expires is None or (expires - kst.now()).total_seconds() <= policy.token_margin


def _token(expires: datetime | None, file: Path) -> Finding:
    if expires is None and file.exists():
        return warned(
            _TOKEN,
            Text("저장된 접근토큰을 읽을 수 없습니다.", "the stored token cannot be read"),
            Text("고칠 것이 없습니다: 다음 조회 때 새로 받습니다.", "Nothing to do: the next call gets a new one."),
            state="damaged",
        )
    if expires is None:
        return _no_token()
    until = f"{expires:%Y-%m-%d %H:%M}"
    detail = {"expires": expires.isoformat()}
    if expires <= kst.now():
        what = Text(
            f"접근토큰이 {until} 에 만료되었습니다. 다음 조회 때 새로 받습니다.",
            f"the token expired at {until}; the next call gets a new one",
        )
        return ok(_TOKEN, what, state="expired", **detail)
    return ok(_TOKEN, Text(f"접근토큰: {until} 까지 유효", f"the token is good until {until} KST"), state="valid", **detail)


def _limits(broker: Broker, period: float) -> Finding:
    """The calls that are left. Where there are none, a fetch of a moment ago may have used them: so once more, a period later."""
    id, left = "service.limits", broker.calls_left()
    if left == 0:
        time.sleep(period + _SLACK)
        left = broker.calls_left()
    if left is None:
        return ok(id, Text("호출 한도를 두지 않습니다.", "no limit is kept"), left=None)
    if left > 0:
        return ok(id, Text(f"지금 할 수 있는 호출: {left}", f"calls that can be made now: {left}"), left=left)
    return warned(
        id,
        Text(
            "지금은 남은 호출이 없습니다: 다른 kis_xl이 같은 앱키로 조회 중입니다.",
            "no call is left now: another kis_xl uses the same app key",
        ),
        Text("같은 앱키를 쓰는 프로그램을 하나씩 실행하세요.", "Run the programs that share an app key one after the other."),
        left=0,
    )


def _not_called(case: Case) -> Finding:
    if case.offline:
        return skipped(_CALL, Text("--offline 이라 조회하지 않았습니다.", "not called: --offline"))
    return skipped(_CALL, Text("서버에 닿지 않아 조회하지 않았습니다.", "not called: its host cannot be reached"))


def _call(broker: Broker, expired: datetime | None) -> Finding:
    try:
        seconds = broker.ping()
    except KisError as error:
        return of_error(_CALL, error)
    new, issued = Text("", ""), broker.token_expiry() != expired
    if issued:
        new = Text(" 접근토큰을 새로 받았습니다.", "; a token was issued for it")
    what = Text(
        f"인증된 조회에 {seconds:.2f}초 만에 성공했습니다.{new.ko}", f"an authenticated call went through in {seconds:.2f} s{new.en}"
    )
    return ok(_CALL, what, seconds=round(seconds, 3), issued_token=issued)


def _is_held(path: Path) -> bool:
    """Whether another process holds a lock; waiting for it would take minutes."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 (see above)

    try:
        with FileLock(path, timeout=0.2, mode=0o600):
            return False
    except OSError as error:
        return isinstance(error, Timeout)  # which is one
