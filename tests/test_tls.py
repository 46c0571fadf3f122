"""TLS: only trusted certificates, only versions that are safe."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path

import pytest
import trustme

from kis_xl.errors import NetworkError
from tests.broker_kit import broker_for, simulated


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def _context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_an_unknown_certificate_is_refused_and_a_trusted_one_accepted(
    tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    with simulated(ssl_context=_context(authority)) as running:
        with broker_for(running, tmp_path) as broker, pytest.raises(NetworkError, match="TLS") as caught:
            broker.balance()
        assert "REQUESTS_CA_BUNDLE" in caught.value.hint.en
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
        with broker_for(running, tmp_path) as broker:
            assert len(broker.balance().holdings) == 120


def test_old_tls_is_refused(tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch) -> None:
    context = _context(authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is deprecated is the point
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with simulated(ssl_context=context) as running, broker_for(running, tmp_path) as broker, pytest.raises(NetworkError, match="TLS"):
        broker.balance()
