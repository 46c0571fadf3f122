"""What an answer means. The code in its body goes before the HTTP status: EGW00201 comes with 200 and with 500."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import urllib3

from kis_xl.broker.codes import Action, Refusal, meaning
from kis_xl.broker.wire import Received
from kis_xl.errors import DataError, NetworkError, PermissionDenied, RateLimitError, ServerUnavailable
from kis_xl.language import Text

_MAINTENANCE: Final = Text(
    "KIS 점검 시간일 수 있습니다. 잠시 후 다시 시도하세요.", "It may be a maintenance window of KIS. Try again in a while."
)
_NOT_UNDERSTOOD: Final = Text(
    "KIS_XL_BASE_URL 이 KIS Open API 서버인지 확인하고, kis_xl을 최신 버전으로 올리세요.",
    "Check that KIS_XL_BASE_URL is a KIS Open API server, and update kis_xl.",
)
_REFUSED: Final = Text(
    "KIS Developers의 허용 IP와 신청 상태, 그리고 프록시를 확인하세요.",
    "Check the allowed IP addresses and the state of the application on KIS Developers, and the proxy.",
)


@dataclass(frozen=True)
class Answer:
    """A successful answer: its body, its `tr_cont` mark as it came ("" where there was none), and when it was asked for."""

    body: Mapping[str, Any]
    tr_cont: str
    sent: datetime


def judge(received: Received) -> Answer:
    """The answer, if it is a success. Raises Refusal for what calls for an action, KisError for what is final."""
    status = received.status
    if 300 <= status < 400:
        what = Text("서버가 다른 주소로 보내려 합니다.", "the server redirects elsewhere")
        raise NetworkError(what, _NOT_UNDERSTOOD, http_status=status)
    body = _json(received.content)
    if body is None:
        raise _without_json(status, _retry_after(received))
    code = str(body.get("msg_cd") or body.get("error_code") or "").strip()
    said = str(body.get("msg1") or body.get("error_description") or body.get("message") or "").strip()
    if status < 400 and _succeeded(body, code):
        return Answer(body, received.headers.get("tr_cont", ""), received.sent)
    raise _refused(body, code, said, status, _retry_after(received))


def _retry_after(received: Received) -> float:
    """How many seconds the server asks to wait; 0 where it does not ask, or not in a way that can be read."""
    value = received.headers.get("Retry-After", "")[:64]
    try:
        return max(urllib3.Retry().parse_retry_after(value), 0.0) if value else 0.0
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
        return 0.0


def _succeeded(body: Mapping[str, Any], code: str) -> bool:
    """Inquiries carry rt_cd; of the token calls one answers with a token, the other with `"code": 200`."""
    if "rt_cd" in body:
        return str(body["rt_cd"]).strip() == "0"
    return not code and ("access_token" in body or body.get("code") == 200)


def _refused(body: Mapping[str, Any], code: str, said: str, status: int, after: float) -> Exception:
    if not code:
        return _without_code(said, status, after)
    if status < 400 and "msg_cd" in body and "rt_cd" not in body:
        what = Text("서버의 응답에 rt_cd가 없습니다.", "the server's answer lacks rt_cd")
        return DataError(what, _NOT_UNDERSTOOD, http_status=status, msg_cd=code, msg1=said)
    known = meaning(code, said)
    error = known.error(known.what, known.hint, http_status=status, msg_cd=code, msg1=said)
    return error if known.action is Action.FAIL else Refusal(known.action, error, after)


def _without_code(said: str, status: int, after: float) -> Exception:
    said = said or _asked_to_wait(after)
    if status == 429:
        what = Text("호출이 너무 많다는 응답을 받았습니다.", "the server says that there are too many calls")
        return Refusal(Action.RETRY, RateLimitError(what, _MAINTENANCE, http_status=status, msg1=said), after)
    if status >= 500:
        what = Text("서버에 장애가 있습니다.", "the server has a fault")
        return Refusal(Action.RETRY, ServerUnavailable(what, _MAINTENANCE, http_status=status, msg1=said), after)
    if status in (401, 403):
        return PermissionDenied(Text("서버가 접근을 거부했습니다.", "the server refuses access"), _REFUSED, http_status=status, msg1=said)
    what = Text("서버의 응답을 이해할 수 없습니다.", "the server's answer is not understood")
    return DataError(what, _NOT_UNDERSTOOD, http_status=status, msg1=said)


def _asked_to_wait(after: float) -> str:
    return f"Retry-After: {after:.0f} s" if after else ""


def _without_json(status: int, after: float) -> Exception:
    """An HTML page, a body cut short, or none: with a status of success or of a server's fault it may pass."""
    if 400 <= status < 500 and status not in (408, 429):
        return _without_code("", status, after)
    what = Text("서버의 응답이 JSON이 아니거나 잘렸습니다.", "the server's answer is not JSON, or was cut short")
    return Refusal(Action.RETRY, ServerUnavailable(what, _MAINTENANCE, http_status=status, msg1=_asked_to_wait(after)), after)


def _json(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
