"""One attempt at a call, on one kept-alive connection: bytes out, bytes in, within the time allowed.

No library exception leaves this module, not even as a cause: its text holds the query string.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests import exceptions as faults
from requests.auth import AuthBase

from kis_xl import kst
from kis_xl.accounts import is_loopback
from kis_xl.broker.codes import Action, Refusal
from kis_xl.errors import ConfigError, DataError, KisError, NetworkError, TimedOut
from kis_xl.language import Text
from kis_xl.policy import Policy
from kis_xl.redaction import guard_http_logs, redact

#: A page of 50 holdings is 35 kB. What is larger than this is no answer of the service.
_LARGEST_BODY: Final = 16 * 1024 * 1024
_PIECE: Final = 64 * 1024

_CONNECTION: Final = Text(
    "인터넷 연결, 방화벽, 프록시, KIS_XL_BASE_URL 을 확인하고 잠시 후 다시 시도하세요.",
    "Check the internet connection, firewall, proxy and KIS_XL_BASE_URL, then try again.",
)
_CERTIFICATE: Final = Text(
    "회사 보안 프로그램이 연결을 가로챈다면 REQUESTS_CA_BUNDLE 에 그 인증서 파일을 지정하세요.",
    "If a company proxy intercepts the connection, set REQUESTS_CA_BUNDLE to its certificate file.",
)


@dataclass(frozen=True)
class Received:
    """What came back, unjudged, and when it was asked for (KST)."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    sent: datetime


class _TooLarge(faults.RequestException):
    """The body is larger than any answer of the service."""


class Wire:
    """A session to one host. Certificates and proxies are the environment's (REQUESTS_CA_BUNDLE, HTTPS_PROXY)."""

    def __init__(self, host: str, policy: Policy) -> None:
        guard_http_logs()
        self._host = host
        self._policy = policy
        self._session = requests.Session()
        # calls to this machine go to no proxy: over plain http it would read the keys
        here = is_loopback(urlsplit(host).hostname or "")
        self._proxies = {"http": "", "https": ""} if here else None

    def exchange(
        self,
        method: str,
        path: str,
        auth: AuthBase,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None,
        body: Mapping[str, str] | None,
    ) -> Received:
        """Send one request and read its answer whole. Raises Refusal (RETRY), or KisError for what will not pass."""
        try:
            sent = kst.now()
            response = self._session.request(
                method,
                self._host + path,
                params=params,
                data=None if body is None else json.dumps(body).encode(),
                headers=headers,
                auth=auth,
                timeout=(self._policy.connect_timeout, self._policy.read_timeout),
                allow_redirects=False,  # a redirect would carry app key and secret to another host
                proxies=self._proxies,
                stream=True,
            )
            with closing(response):
                content = b"".join(self._pieces(response.raw))
            return Received(response.status_code, response.headers, content, sent)
        except (faults.RequestException, urllib3.exceptions.HTTPError) as error:
            failure = self._fault(error)
        except OSError:  # requests looks for the certificate file itself, before any connection
            failure = ConfigError(Text("인증서 파일을 읽을 수 없습니다.", "the certificate file cannot be read"), _CERTIFICATE)
        raise failure

    def close(self) -> None:
        """Close the session."""
        self._session.close()

    def _pieces(self, raw: Any) -> Iterator[bytes]:
        """The body as it comes. The library's time-out is for each read: a body that drips in has a deadline here."""
        deadline, size = time.monotonic() + self._policy.read_timeout, 0
        while piece := raw.read1(_PIECE, decode_content=True):
            size += len(piece)
            if size > _LARGEST_BODY:
                raise _TooLarge
            if time.monotonic() > deadline:
                raise faults.ReadTimeout(f"the body took longer than {self._policy.read_timeout:g} s")
            yield piece

    def _fault(self, error: Exception) -> KisError | Refusal:
        reason = f"{self._host}: {_innermost(error)}"
        malformed = (faults.InvalidURL, faults.InvalidSchema, faults.MissingSchema, faults.InvalidHeader, faults.InvalidProxyURL)
        if isinstance(error, _TooLarge):
            return DataError(Text("서버의 응답이 너무 큽니다.", "the server's answer is too large"), _CONNECTION)
        if isinstance(error, malformed):
            what = Text("서버나 프록시의 주소가 잘못되었습니다.", "the address of the server or a proxy is malformed")
            return ConfigError(what, _CONNECTION)
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return NetworkError(
                Text(f"서버의 인증서를 믿을 수 없습니다(TLS). {reason}", f"the server's certificate is not trusted (TLS): {reason}"),
                _CERTIFICATE,
            )
        if isinstance(error, (faults.Timeout, urllib3.exceptions.TimeoutError)):
            what = Text(f"제한 시간 안에 응답이 없습니다. {reason}", f"no answer in time: {reason}")
            return Refusal(Action.RETRY, TimedOut(what, _CONNECTION))
        if isinstance(error, (faults.SSLError, urllib3.exceptions.SSLError)):
            what = Text(f"보안 연결(TLS)을 만들 수 없습니다. {reason}", f"no secure connection (TLS): {reason}")
        else:
            what = Text(f"연결할 수 없거나 연결이 끊어졌습니다. {reason}", f"no connection, or it broke: {reason}")
        return Refusal(Action.RETRY, NetworkError(what, _CONNECTION))


def _innermost(error: BaseException) -> str:
    """Why it failed, in the operating system's words: the libraries' own texts repeat the URL."""
    reason: BaseException = error
    for _ in range(8):
        inner = [part for part in (getattr(reason, "reason", None), *reversed(reason.args)) if isinstance(part, BaseException)]
        if not inner:
            break
        reason = inner[0]
    text = str(reason)
    if isinstance(reason, urllib3.exceptions.HTTPError):  # "HTTPSConnection(host=..., port=...): Failed to ...: [Errno 111] ..."
        text = text.rpartition(": ")[2]
    if isinstance(reason, ssl.SSLError):
        text = reason.reason or text
    return type(reason).__name__ if not text or "url" in text.lower() else redact(text)[:200]
