"""One plain request: whether the server answers, and what time it is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import requests
from requests import exceptions as faults

from kis_xl import __version__, kst
from kis_xl.doctor.finding import Finding, failed, ok, skipped, warned
from kis_xl.doctor.route import PATIENCE, Route
from kis_xl.doctor.tls import COMPANY, SET_CLOCK
from kis_xl.errors import ConfigError, NetworkError, TimedOut
from kis_xl.language import Text

_WARN_SECONDS: Final = 30.0
_FAIL_SECONDS: Final = 300.0


def _no_authentication(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """A .netrc file has no say."""
    return request


def answer(route: Route) -> Iterator[Finding]:
    """Ask for `/`; then the clock. What goes wrong with a proxy or its certificate is told as that."""
    id, name = "network.host", route.host[0]
    try:
        with requests.Session() as session:
            before = kst.now()
            response = session.get(
                f"{route.url}/",
                headers={"user-agent": f"kis_xl/{__version__}"},
                auth=_no_authentication,
                timeout=(PATIENCE, PATIENCE),
                allow_redirects=False,
                proxies={"http": route.proxy, "https": route.proxy},
                stream=True,
            )
            after = kst.now()
            status, date = response.status_code, response.headers.get("Date", "")
            response.close()
    except (faults.RequestException, OSError) as error:
        yield _no_answer(route, error)
        return
    what = Text(f"{name}: 서버가 응답합니다 (HTTP {status}).", f"{name}: the server answers (HTTP {status})")
    yield ok(id, what, host=name, status=status, seconds=round((after - before).total_seconds(), 3))
    yield _clock(name, before, after, date)


def _no_answer(route: Route, error: Exception) -> Finding:
    name, detail = route.host[0], {"host": route.host[0], "error": type(error).__name__}
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        what = Text(f"{name}: 서버의 인증서를 믿을 수 없습니다.", f"{name}: the server's certificate is not trusted")
        return failed("network.tls", NetworkError, what, COMPANY, **detail)
    if isinstance(error, faults.InvalidSchema | faults.InvalidURL):
        what = Text(f"{name}: 이런 프록시는 쓸 수 없습니다.", f"{name}: a proxy of this kind cannot be used")
        cure = Text("HTTPS_PROXY 를 http://호스트:포트 로 쓰세요.", "Write HTTPS_PROXY as http://host:port.")
        return failed("network.proxy", ConfigError, what, cure, **detail)
    if isinstance(error, faults.ProxyError):
        refused = " (407)" if "407" in str(error) else ""
        what = Text(f"{name}: 프록시가 연결을 거부했습니다{refused}.", f"{name}: the proxy refuses the connection{refused}")
        cure = Text(
            "프록시의 주소와 로그인을 확인하세요: HTTPS_PROXY=http://사용자:암호@호스트:포트. 회사라면 관리자에게 문의하세요.",
            "Check the proxy's address and login: HTTPS_PROXY=http://user:password@host:port. In a company ask who runs it.",
        )
        return failed("network.proxy", NetworkError, what, cure, **detail)
    late = isinstance(error, faults.Timeout)
    said = Text("제한 시간 안에 응답 없음", "no answer in time") if late else Text("연결이 끊어짐", "the connection broke")
    what = Text(f"{name}: 서버가 응답하지 않습니다 ({said.ko}).", f"{name}: the server does not answer ({said.en})")
    cure = Text(
        "KIS 점검 시간일 수 있습니다. 잠시 후 다시 시도하고 방화벽을 확인하세요.",
        "KIS may be under maintenance. Try again in a while, and check the firewall.",
    )
    return failed("network.host", TimedOut if late else NetworkError, what, cure, **detail)


def _clock(name: str, before: datetime, after: datetime, date: str) -> Finding:
    """This machine's clock against the answer's date, which tells whole seconds."""
    id = "network.clock"
    try:
        theirs = parsedate_to_datetime(date)
        ahead = (before + (after - before) / 2 - theirs).total_seconds()
    except (ValueError, TypeError):
        return skipped(id, Text(f"{name}: 서버가 시각을 알려 주지 않습니다.", f"{name}: the server does not tell its time"), host=name)
    seconds = round(ahead)
    if abs(ahead) < _WARN_SECONDS:
        return ok(
            id, Text(f"{name}: 시계가 맞습니다 ({seconds:+d}초).", f"{name}: the clocks agree ({seconds:+d} s)"), host=name, ahead=seconds
        )
    direction = Text("빠릅니다", "ahead") if ahead > 0 else Text("느립니다", "behind")
    what = Text(
        f"이 컴퓨터의 시계가 {name} 보다 {abs(seconds):,}초 {direction.ko}: 토큰의 유효 시간과 조회 시각이 틀립니다.",
        f"this computer's clock is {abs(seconds):,} s {direction.en} of {name}: tokens and 'as of' are wrong by as much",
    )
    if abs(ahead) < _FAIL_SECONDS:
        return warned(id, what, SET_CLOCK, host=name, ahead=seconds)
    return failed(id, ConfigError, what, SET_CLOCK, host=name, ahead=seconds)
