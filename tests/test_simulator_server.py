"""The simulator as a server: its ports, TLS, connections, start and stop."""

from __future__ import annotations

import ssl
import time

import pytest
import requests
import trustme

from kis_xl.fields import Environment
from kis_xl.simulator import Limits, Simulator
from tests.test_simulator import Raw, rows_of, serving


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    """A server's context, and the file of the authority that vouches for it."""
    authority, server = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    file = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return server, str(file)


def test_tls_keepalive_and_latency(tls: tuple[ssl.SSLContext, str]) -> None:
    with serving(ssl_context=tls[0], latency=0.05, connect_latency=0.2) as raw:
        raw.session.verify = tls[1]
        assert raw.host.startswith("https://127.0.0.1:")
        started = time.perf_counter()
        raw.pages()
        assert 0.4 <= time.perf_counter() - started < 2
        assert raw.simulator.connections == 1


def test_connections_break_over_tls_too(tls: tuple[ssl.SSLContext, str], capfd: pytest.CaptureFixture[str]) -> None:
    with serving(ssl_context=tls[0]) as raw:
        with pytest.raises(requests.exceptions.SSLError):
            raw.get()  # who does not know the authority
        raw.session.verify = tls[1]
        raw.headers()
        for kind, error in (("reset", requests.exceptions.ConnectionError), ("cut", requests.exceptions.ChunkedEncodingError)):
            raw.simulator.add_fault(f"1={kind}")
            with pytest.raises(error):
                raw.get()
        assert raw.get().json()["rt_cd"] == "0"
    assert capfd.readouterr() == ("", "")


def test_each_environment_has_a_port_and_an_account_of_its_own() -> None:
    with Simulator(limits=Limits.off()) as simulator:
        assert simulator.real_url != simulator.mock_url
        for environment in Environment:
            account = simulator.account(environment)
            raw = Raw(simulator, account, simulator.url(environment))
            assert len(account.appkey) == 36
            assert len(account.appsecret) == 180
            assert rows_of(raw.pages()) == account.holdings()
            raw.session.close()
        assert simulator.account().appkey != simulator.account(Environment.MOCK).appkey


def test_starting_and_stopping() -> None:
    simulator = Simulator()
    with simulator, pytest.raises(RuntimeError, match="running"):
        simulator.start()
    simulator.stop()
    taken = Simulator().start()
    port = int(taken.real_url.rpartition(":")[2])
    with pytest.raises(OSError, match=r"[Aa]ddress"):
        Simulator(port_mock=port).start()
    taken.stop()
    with Simulator(port_real=port) as again:
        assert again.real_url.endswith(f":{port}")
        again.reset()
