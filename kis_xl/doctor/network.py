"""From here to the service, step by step: proxy, DNS, TCP; then TLS, HTTP, and its clock against this machine's.

Nothing here costs a token or counts against a limit: it asks for `/`, and any answer is a good one.
"""

from __future__ import annotations

import queue
import socket
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from kis_xl.doctor.answering import answer
from kis_xl.doctor.finding import Finding, failed, ok
from kis_xl.doctor.public import without_credentials
from kis_xl.doctor.route import PATIENCE, Route, no_answer, route_to, started, why
from kis_xl.doctor.tls import tls
from kis_xl.errors import ConfigError, NetworkError
from kis_xl.language import Text

_FIREWALL: Final = Text(
    "방화벽이나 보안 프로그램이 이 주소와 포트를 막고 있는지 확인하세요.",
    "See whether a firewall or a security program blocks this address and port.",
)
_ONLINE: Final = Text(
    "인터넷에 연결되어 있는지, 서버와 프록시의 주소가 맞는지 확인하세요.",
    "See that the internet is connected, and that the addresses of the server and the proxy are right.",
)


def examine(hosts: Sequence[str]) -> Iterator[tuple[str, Finding]]:
    """Each host, all at the same time; what was found comes host by host, with the host."""
    waiting = [started(partial(_findings, host)) for host in hosts]
    for host, each in zip(hosts, waiting, strict=True):
        yield from ((host, finding) for finding in each(None))


def _findings(url: str) -> list[Finding]:
    return list(_of_host(url))


def _of_host(url: str) -> Iterator[Finding]:
    route = route_to(url)
    for step in (_proxy, _dns, _connection, tls, answer):
        findings = list(step(route))
        yield from findings
        if any(finding.verdict == "fail" and finding.id != "network.clock" for finding in findings):
            return


def _proxy(route: Route) -> Iterator[Finding]:
    id, host = "network.proxy", route.host[0]
    if not route.proxy:
        yield ok(id, Text(f"{host}: 프록시 없이 연결합니다.", f"{host}: no proxy is used"), host=host, proxy=None)
        return
    shown = without_credentials(route.proxy)
    try:
        name = route.next[0]
    except ValueError:
        name = ""
    if not name:
        cure = Text(
            "환경 변수 HTTPS_PROXY 나 시스템의 프록시 설정을 고치세요.", "Mend the environment variable HTTPS_PROXY, or the system's proxy."
        )
        what = Text(f"{host}: 프록시 주소가 잘못되었습니다: {shown}", f"{host}: the proxy's address is malformed: {shown}")
        yield failed(id, ConfigError, what, cure, host=host, proxy=shown)
    else:
        yield ok(id, Text(f"{host}: 프록시 {shown}", f"{host}: by the proxy {shown}"), host=host, proxy=shown)


def _dns(route: Route) -> Iterator[Finding]:
    id, (name, port) = "network.dns", route.next
    begun = time.monotonic()
    try:
        # the system's resolver knows no time-out, and may think for a minute
        found = started(lambda: socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))(PATIENCE)
    except queue.Empty:
        reason = no_answer(PATIENCE)
    except OSError as error:
        reason = why(error)
    except UnicodeError:  # a name that DNS cannot hold
        reason = Text("이름이 잘못됨", "no name that there can be")
    else:
        taken = time.monotonic() - begun
        what = Text(f"{name}: 주소 {len(found)}개 ({taken:.2f}초)", f"{name}: its name resolves ({taken:.2f} s)")
        yield ok(id, what, host=name, addresses=len(found), seconds=round(taken, 3))
        return
    what = Text(f"{name}: 이름을 주소로 바꿀 수 없습니다 ({reason.ko}).", f"{name}: its name does not resolve ({reason.en})")
    yield failed(id, NetworkError, what, _ONLINE, host=name, reason=reason.en)


def _connection(route: Route) -> Iterator[Finding]:
    id, (name, port) = "network.connection", route.next
    begun = time.monotonic()
    try:
        with socket.create_connection((name, port), timeout=PATIENCE):
            taken = time.monotonic() - begun
    except OSError as error:
        reason = why(error)
        what = Text(f"{name}:{port} 에 연결할 수 없습니다 ({reason.ko}).", f"{name}:{port} cannot be connected to ({reason.en})")
        yield failed(id, NetworkError, what, _FIREWALL, host=name, port=port, reason=reason.en)
        return
    what = Text(f"{name}:{port} 에 연결됩니다 ({taken:.2f}초).", f"{name}:{port} can be connected to ({taken:.2f} s)")
    yield ok(id, what, host=name, port=port, seconds=round(taken, 3))
