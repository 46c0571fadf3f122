"""One call to the service: sent, judged, and repeated while the fault may pass.

A call takes a slot under the rate limit for each attempt. What may pass (network faults, 5xx, HTML pages, cut JSON,
the service's passing codes) is tried again with jittered, growing waits, and at least as long as `Retry-After` asks;
everything else is an error at once. Library exceptions never leave this module, not even as a cause: their texts hold
the query string.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
import tenacity
import urllib3
from requests import exceptions as faults
from requests.auth import AuthBase

from kis_xl.broker.codes import Action, Meaning, meaning
from kis_xl.broker.limits import Slots
from kis_xl.broker.policy import Policy
from kis_xl.errors import ApiError, ConfigError, DataError, KisError, NetworkError, RateLimitError, ServerUnavailable, TimedOut
from kis_xl.language import Text
from kis_xl.redaction import get_logger, guard_http_logs, redact

_log = get_logger(__name__)

_CONNECTION: Final = Text(
    "인터넷 연결, 방화벽, 프록시, KIS_XL_BASE_URL 을 확인하고 잠시 후 다시 시도하세요.",
    "Check the internet connection, firewall, proxy and KIS_XL_BASE_URL, then try again.",
)
_CERTIFICATE: Final = Text(
    "회사 보안 프로그램이 연결을 가로챈다면 REQUESTS_CA_BUNDLE 에 그 인증서 파일을 지정하세요.",
    "If a company proxy intercepts the connection, set REQUESTS_CA_BUNDLE to its certificate file.",
)
_MAINTENANCE: Final = Text(
    "KIS 점검 시간일 수 있습니다. 잠시 후 다시 시도하세요.", "It may be a maintenance window of KIS. Try again in a while."
)
_NOT_UNDERSTOOD: Final = Text(
    "KIS_XL_BASE_URL 이 KIS Open API 서버인지 확인하고, kis_xl을 최신 버전으로 올리세요.",
    "Check that KIS_XL_BASE_URL is a KIS Open API server, and update kis_xl.",
)


@dataclass(frozen=True)
class Answer:
    """A successful answer: its body, its HTTP status and its `tr_cont` mark as it came ("" where there was none)."""

    body: Mapping[str, Any]
    status: int
    tr_cont: str


class Refusal(Exception):
    """The service refused with a code that calls for more than an error; only this package sees it."""

    def __init__(self, action: Action, error: KisError, after: float = 0.0) -> None:
        super().__init__(action.name)
        self.action = action
        self.error = error
        self.after = after


class Http:
    """The one kept-alive session to one host, under one app key's rate limit."""

    def __init__(self, host: str, policy: Policy, slots: Slots) -> None:
        guard_http_logs()
        self._host = host
        self._policy = policy
        self._slots = slots
        self._session = requests.Session()

    def call(
        self,
        method: str,
        path: str,
        *,
        auth: AuthBase,
        headers: Callable[[], Mapping[str, str]],
        params: Mapping[str, str] | None = None,
        body: Mapping[str, str] | None = None,
        caller_handles: tuple[Action, ...] = (),
    ) -> Answer:
        """The answer to one call, tried up to `Policy.attempts` times.

        `headers` is asked for each attempt's headers: a corporation's `gt_uid` is for one attempt only.
        Raises KisError; for a code that calls for one of the actions in `caller_handles` it raises Refusal instead.
        """

        def attempt() -> Answer:
            self._slots.take()
            return self._judge(self._send(method, path, auth, headers(), params, body))

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._policy.attempts) | tenacity.stop_after_delay(self._policy.longest_call),
            wait=self._wait,
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, Refusal) and error.action is Action.RETRY),
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except Refusal as refusal:
            if refusal.action in caller_handles:
                raise
            failure = refusal.error
        raise failure

    def close(self) -> None:
        """Close the session."""
        self._session.close()

    def _send(
        self,
        method: str,
        path: str,
        auth: AuthBase,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None,
        body: Mapping[str, str] | None,
    ) -> requests.Response:
        try:
            return self._session.request(
                method,
                self._host + path,
                params=params,
                data=None if body is None else json.dumps(body).encode(),
                headers=headers,
                auth=auth,
                timeout=(self._policy.connect_timeout, self._policy.read_timeout),
                allow_redirects=False,  # a redirect would carry app key and secret to another host
            )
        except faults.RequestException as error:
            failure = self._network_fault(error)
        except (UnicodeError, ValueError):
            failure = ConfigError(
                Text("요청을 만들 수 없는 설정값이 있습니다.", "a setting holds characters that cannot be sent"), _CONNECTION
            )
        raise failure

    def _network_fault(self, error: faults.RequestException) -> KisError | Refusal:
        reason = f"{self._host}: {_innermost(error)}"
        if isinstance(error, (faults.InvalidURL, faults.InvalidSchema, faults.MissingSchema, faults.InvalidHeader)):
            return ConfigError(Text("서버 주소나 설정값이 잘못되었습니다.", "the server's address or a setting is malformed"), _CONNECTION)
        if isinstance(error, faults.SSLError):
            return NetworkError(Text(f"보안 연결(TLS)을 만들 수 없습니다. {reason}", f"no secure connection (TLS): {reason}"), _CERTIFICATE)
        if isinstance(error, faults.Timeout):
            what = Text(f"제한 시간 안에 응답이 없습니다. {reason}", f"no answer in time: {reason}")
            return Refusal(Action.RETRY, TimedOut(what, _CONNECTION))
        what = Text(f"연결할 수 없거나 연결이 끊어졌습니다. {reason}", f"no connection, or it broke: {reason}")
        return Refusal(Action.RETRY, NetworkError(what, _CONNECTION))

    def _judge(self, response: requests.Response) -> Answer:
        """The answer, if it is a success; raises what it calls for otherwise. The body's code goes before the status."""
        status, after = response.status_code, self._retry_after(response)
        if 300 <= status < 400:
            raise NetworkError(
                Text(f"서버가 다른 주소로 보내려 합니다. {self._host}", f"the server redirects elsewhere: {self._host}"),
                _NOT_UNDERSTOOD,
                http_status=status,
            )
        body = _json(response)
        if body is None:  # an HTML page, a body cut short, or an empty one
            what = Text("서버의 응답이 JSON이 아니거나 잘렸습니다.", "the server's answer is not JSON, or was cut short")
            raise Refusal(Action.RETRY, ServerUnavailable(what, _MAINTENANCE, http_status=status), after)
        code = str(body.get("msg_cd") or body.get("error_code") or "").strip()
        said = str(body.get("msg1") or body.get("error_description") or body.get("message") or "").strip()
        # inquiries carry rt_cd; of the token calls one answers with a token, the other with `"code": 200`
        if status < 400 and (body.get("rt_cd") == "0" or (not code and ("access_token" in body or body.get("code") == 200))):
            return Answer(body, status, response.headers.get("tr_cont", ""))
        raise _refused(code, said, status, after)

    def _retry_after(self, response: requests.Response) -> float:
        value = response.headers.get("Retry-After", "")
        try:
            seconds = urllib3.Retry().parse_retry_after(value) if value else 0.0
        except urllib3.exceptions.InvalidHeader:
            return 0.0
        if seconds > self._policy.longest_retry_after:
            minutes = round(seconds / 60)
            raise ServerUnavailable(
                Text(f"서버가 {minutes}분 뒤에 다시 오라고 합니다.", f"the server asks to come back in {minutes} minutes"),
                _MAINTENANCE,
                http_status=response.status_code,
            )
        return seconds

    def _wait(self, state: tenacity.RetryCallState) -> float:
        jittered = tenacity.wait_random_exponential(self._policy.backoff, self._policy.longest_backoff)(state)
        error = state.outcome.exception() if state.outcome else None
        return max(jittered, error.after if isinstance(error, Refusal) else 0.0)

    def _tell(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Refusal):
            _log.warning("attempt %d failed, trying again: %s", state.attempt_number, error.error.message("en"))


def _refused(code: str, said: str, status: int, after: float) -> Exception:
    if not code:
        return _without_code(said, status, after)
    known: Meaning = meaning(code, said)
    error = known.error(known.what, known.hint, http_status=status, msg_cd=code, msg1=said)
    if known.error is ApiError and status >= 500:
        # an unknown code with a server error: it may pass, and the error still carries the code if it does not
        return Refusal(Action.RETRY, error, after)
    return error if known.action is Action.FAIL else Refusal(known.action, error, after)


def _without_code(said: str, status: int, after: float) -> Exception:
    if status == 429:
        what = Text("서버가 호출이 너무 많다고 합니다.", "the server says that there are too many calls")
        return Refusal(Action.RETRY, RateLimitError(what, _MAINTENANCE, http_status=status, msg1=said), after)
    if status >= 500:
        what = Text("서버에 장애가 있습니다.", "the server has a fault")
        return Refusal(Action.RETRY, ServerUnavailable(what, _MAINTENANCE, http_status=status, msg1=said), after)
    what = Text("서버의 응답을 이해할 수 없습니다.", "the server's answer is not understood")
    return DataError(what, _NOT_UNDERSTOOD, http_status=status, msg1=said)


def _json(response: requests.Response) -> dict[str, Any] | None:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _innermost(error: BaseException) -> str:
    """Why a connection failed, in the operating system's words, without the URL that the libraries' texts repeat."""
    reason: Any = error
    for _ in range(6):
        inner = getattr(reason, "reason", None) or (reason.args[0] if getattr(reason, "args", None) else None)
        if not isinstance(inner, BaseException):
            break
        reason = inner
    text = str(reason).split(": ", 1)[-1] if isinstance(reason, urllib3.exceptions.HTTPError) else str(reason)
    return redact(text)[:200] if "url:" not in text else type(reason).__name__
