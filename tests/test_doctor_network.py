"""The doctor on its way to the service: whatever stands in between is told from whatever else could."""

from __future__ import annotations

import os
import queue
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from kis_xl import kst
from kis_xl.doctor import Finding, network
from kis_xl.doctor.answering import _clock
from kis_xl.doctor.route import Route, route_to, started
from kis_xl.fields import Environment
from tests.doctor_kit import Lab, found, pairs, server_context
from tests.doctor_states import free_port
from tests.raw_server import http


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with ExitStack() as stack:
        yield Lab(tmp_path, monkeypatch, stack)


def by_id(lab: Lab) -> dict[str, Finding]:
    """The last finding of each kind."""
    return {finding.id: finding for finding in found(lab.case(offline=False))}


@pytest.fixture
def authority(lab: Lab) -> trustme.CA:
    """One that is trusted here."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(lab.place / "ca.pem"))
    lab.monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(lab.place / "ca.pem"))
    return made


@pytest.mark.parametrize(
    ("begins", "ends", "said"), [(-20, -10, "has expired"), (10, 20, "not yet valid")], ids=["expired", "not valid yet"]
)
def test_a_certificate_that_is_out_of_date_points_at_the_clock(lab: Lab, authority: trustme.CA, begins: int, ends: int, said: str) -> None:
    now = datetime.now(UTC)
    context = server_context(authority, not_before=now + timedelta(days=begins), not_after=now + timedelta(days=ends))
    lab.account(ssl_context=context)
    tls = by_id(lab)["network.tls"]
    assert (tls.verdict, tls.exit_code) == ("fail", 5)
    assert said in tls.what.en
    assert "date and time" in tls.cure.en


def test_a_certificate_of_another_name_points_at_the_address(lab: Lab, authority: trustme.CA) -> None:
    lab.account(ssl_context=server_context(authority, "kis.example"))
    tls = by_id(lab)["network.tls"]
    assert tls.verdict == "fail"
    assert "base_url" in tls.cure.en


def test_a_certificate_of_a_company_points_at_its_root(lab: Lab) -> None:
    company = trustme.CA(organization_name="Hanguk Security Ltd")
    lab.account(ssl_context=server_context(company))
    tls = by_id(lab)["network.tls"]
    assert tls.verdict == "fail"
    assert "REQUESTS_CA_BUNDLE" in tls.cure.en
    assert "Hanguk Security Ltd" in tls.private
    assert "Hanguk" not in tls.what.en + tls.cure.en + repr(tls.detail)


def test_a_certificate_file_that_is_not_there_is_a_setting(lab: Lab) -> None:
    lab.account(ssl_context=server_context(trustme.CA()))
    lab.monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(lab.place / "nothing.pem"))
    tls = by_id(lab)["network.tls"]
    assert (tls.verdict, tls.code, tls.exit_code) == ("fail", "CONFIG", 2)
    assert "nothing.pem" in tls.what.en


@pytest.mark.parametrize("content", [b"", b"no certificate"])
def test_a_certificate_file_that_is_none_is_told(lab: Lab, content: bytes) -> None:
    lab.account(ssl_context=server_context(trustme.CA()))
    (lab.place / "ca.pem").write_bytes(content)
    lab.monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(lab.place / "ca.pem"))
    assert by_id(lab)["network.tls"].verdict == "fail"


def test_an_old_tls_is_told(lab: Lab, authority: trustme.CA) -> None:
    context = server_context(authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is deprecated is the point
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    lab.account(ssl_context=context)
    tls = by_id(lab)["network.tls"]
    assert tls.verdict == "fail"
    assert "no secure connection" in tls.what.en


def test_a_resolver_that_does_not_answer_is_not_waited_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()
    monkeypatch.setattr(network, "PATIENCE", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.wait(30))
    lab.at("https://kis.invalid")
    dns = by_id(lab)["network.dns"]
    answers.set()
    assert (dns.verdict, dns.code) == ("fail", "NETWORK")
    assert "no answer within 0.1 s" in dns.what.en


def test_a_server_that_says_nothing_is_not_waited_for(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kis_xl.doctor.answering.PATIENCE", 0.2)
    lab.raw(lambda *_: time.sleep(1))
    host = by_id(lab)["network.host"]
    assert (host.verdict, host.detail["error"]) == ("fail", "ReadTimeout")
    assert "no answer in time" in host.what.en


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_host_that_connects_and_says_nothing_is_not_waited_for(lab: Lab, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    for module in ("tls", "answering", "route"):
        monkeypatch.setattr(f"kis_xl.doctor.{module}.PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        lab.at(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}")
        findings = by_id(lab)
    told = findings["network.tls" if scheme == "https" else "network.host"]
    assert told.verdict == "fail"
    assert "no answer" in told.what.en
    assert findings["service.call"].verdict == "skip"


@pytest.mark.parametrize("name", ["kis..invalid", "x" * 70])
def test_a_name_that_cannot_be_is_told(lab: Lab, name: str) -> None:
    lab.at(f"https://{name}")
    assert by_id(lab)["network.dns"].verdict == "fail"


def test_a_proxy_that_cannot_be_reached_is_named(lab: Lab) -> None:
    port = free_port()
    lab.at("https://kis.invalid")
    lab.monkeypatch.setenv("HTTPS_PROXY", f"http://somebody:hidden-password@127.0.0.1:{port}")
    findings = by_id(lab)
    assert findings["network.proxy"].what.en.endswith(f"by the proxy http://127.0.0.1:{port}")
    assert (findings["network.connection"].verdict, findings["network.connection"].detail["port"]) == ("fail", port)
    assert "hidden-password" not in repr(findings)


@pytest.mark.parametrize("proxy", ["http://", "http://127.0.0.1:70000", "gopher://127.0.0.1:{port}"])
def test_a_proxy_that_cannot_be_is_a_setting(lab: Lab, proxy: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        lab.at("https://kis.invalid")
        lab.monkeypatch.setenv("HTTPS_PROXY", proxy.format(port=listening.getsockname()[1]))
        told = by_id(lab)["network.proxy"]
    assert (told.verdict, told.code) == ("fail", "CONFIG")


@pytest.mark.parametrize(("status", "named"), [("407 Proxy Authentication Required", True), ("403 Forbidden", False)])
def test_a_proxy_that_refuses_is_told_from_one_that_wants_a_login(lab: Lab, status: str, named: bool) -> None:
    proxy = lab.raw(http("", status))
    lab.at("https://kis.invalid")
    lab.monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    told = by_id(lab)["network.proxy"]
    assert (told.verdict, "407" in told.what.en) == ("fail", named)


@contextmanager
def tunnel(port: int) -> Iterator[str]:
    """A proxy through which every host is this port of this machine; its address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65_536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)

    def serve(client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", port)) as server:
            client.recv(65_536)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pass_on, args=(server, client), daemon=True)
            back.start()
            pass_on(client, server)
            back.join()

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    with suppress(OSError):
        listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    accepting.join()


@pytest.mark.parametrize("trusted", [True, False])
def test_a_proxy_is_gone_through_and_what_it_does_to_certificates_is_seen(lab: Lab, authority: trustme.CA, trusted: bool) -> None:
    running = lab.account_of_variables(ssl_context=server_context(authority if trusted else trustme.CA(), "kis.invalid"))
    proxy = lab.stack.enter_context(tunnel(int(running.real_url.rpartition(":")[2])))
    lab.monkeypatch.setenv("HTTPS_PROXY", proxy)
    lab.monkeypatch.setenv("KIS_XL_BASE_URL", "https://kis.invalid")
    findings = by_id(lab)
    assert findings["network.proxy"].detail["proxy"] == proxy
    if trusted:
        assert findings["network.host"].verdict == findings["service.call"].verdict == "ok"
    else:
        assert findings["network.tls"].verdict == "fail"
        assert "REQUESTS_CA_BUNDLE" in findings["network.tls"].cure.en
        assert findings["service.call"].verdict == "skip"


def test_this_machine_is_reached_without_the_proxy(lab: Lab) -> None:
    lab.account()
    lab.monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    findings = by_id(lab)
    assert findings["network.proxy"].detail["proxy"] is None
    assert findings["service.call"].verdict == "ok"


def test_the_request_costs_no_token_and_carries_nothing_of_the_user(lab: Lab) -> None:
    running = lab.account()
    (lab.place / "netrc").write_text("machine 127.0.0.1 login somebody password of-a-netrc\n")
    (lab.place / "netrc").chmod(0o600)
    lab.monkeypatch.setenv("NETRC", str(lab.place / "netrc"))
    list(network.examine([running.real_url]))
    assert running.tokens_issued == 0
    seen = repr(running.calls)
    assert "of-a-netrc" not in seen
    assert running.account().appkey not in seen


def test_without_an_account_the_official_hosts_are_looked_at(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def route(url: str) -> Route:
        asked.append(url)
        return route_to(f"http://127.0.0.1:{port}")

    port = free_port()
    monkeypatch.setattr(network, "route_to", route)
    findings = found(lab.case(offline=False))
    assert sorted(asked) == sorted(environment.host for environment in Environment)
    assert "network.connection fail" in pairs(findings)


def test_the_mock_host_is_looked_at_where_an_account_is_there(lab: Lab) -> None:
    running = lab.account()
    lab.monkeypatch.setenv("KIS_XL_ENV", "mock")
    hosts = {each.host for each in lab.case().accounts}
    assert hosts == {running.real_url}


@pytest.mark.parametrize(
    ("date", "verdict"),
    [
        ("Mon, 23 Nov 2026 00:00:00 GMT", "ok"),
        ("Mon, 23 Nov 2026 09:00:00 +0900", "ok"),
        ("Mon, 23 Nov 2026 00:00:31 GMT", "warn"),
        ("Sun, 22 Nov 2026 23:59:29 GMT", "warn"),
        ("Mon, 23 Nov 2026 00:06:00 GMT", "fail"),
        ("Mon, 23 Nov 2026 00:00:00 -0000", "skip"),
        ("yesterday", "skip"),
        ("", "skip"),
    ],
)
def test_the_clock_is_compared_whatever_the_zone(date: str, verdict: str) -> None:
    moment = datetime(2026, 11, 23, 9, tzinfo=kst.KST)
    clock = _clock("kis", moment, moment, date)
    assert clock.verdict == verdict
    if verdict in ("warn", "fail"):
        assert ("behind" in clock.what.en) == ("23 Nov" in date)


def test_what_a_thread_raises_is_raised_where_it_is_asked_for() -> None:
    assert started(lambda: 7)(None) == 7
    with pytest.raises(ZeroDivisionError):
        started(lambda: 1 // 0)(None)
    never = threading.Event()
    with pytest.raises(queue.Empty):
        started(never.wait)(0.01)
    never.set()


@pytest.mark.skipif(os.name != "posix", reason="of Windows' stores the library reads the system's own")
def test_the_certificates_of_a_folder_count_too(lab: Lab, authority: trustme.CA) -> None:
    (lab.place / "certificates").mkdir()
    lab.monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(lab.place / "certificates"))
    lab.account(ssl_context=server_context(authority))
    assert by_id(lab)["network.tls"].verdict == "fail"  # it is empty
