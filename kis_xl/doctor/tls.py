"""The TLS handshake: its version, and whether the certificate is trusted; if not, why."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID
from urllib3.util.ssl_ import create_urllib3_context

from kis_xl.doctor.finding import Finding, failed, ok, skipped
from kis_xl.doctor.route import PATIENCE, Route, why
from kis_xl.errors import ConfigError, NetworkError
from kis_xl.language import Text
from kis_xl.redaction import one_line

COMPANY: Final = Text(
    "회사의 보안 프로그램이 연결을 가로챕니다: 그 루트 인증서(PEM 파일)를 받아 환경 변수 REQUESTS_CA_BUNDLE 에 지정하세요.",
    "A company's security program intercepts the connection: get its root certificate (a PEM file) and name it in the environment "
    "variable REQUESTS_CA_BUNDLE.",
)
SET_CLOCK: Final = Text(
    "이 컴퓨터의 날짜와 시각을 인터넷 시간과 맞추세요 (Windows: 설정 > 시간 및 언어 > 날짜 및 시간 > 지금 동기화).",
    "Set this computer's date and time by the internet (Windows: Settings > Time & language > Date & time > Sync now).",
)
_OLD: Final = Text(
    "방화벽이나 보안 프로그램이 연결을 끊거나 오래된 암호화를 쓰는지 확인하세요.",
    "See whether a firewall or a security program breaks the connection, or speaks an old TLS only.",
)
#: OpenSSL's reasons: not valid yet, expired; another name, another address.
_OF_TIME: Final = (9, 10)
_OF_NAME: Final = (62, 64)


def tls(route: Route) -> Iterator[Finding]:
    """One handshake, as the HTTP library makes it."""
    id, (name, port) = "network.tls", route.host
    if not route.is_secure:
        yield skipped(id, Text(f"{name}: 이 컴퓨터라 암호화하지 않습니다.", f"{name}: this machine, so not encrypted"), host=name)
        return
    if not Path(route.verify).exists():
        what = Text(f"인증서 파일이 없습니다: {route.verify}", f"the certificate file is not there: {route.verify}")
        cure = Text(
            "REQUESTS_CA_BUNDLE 에 있는 파일을 지정하거나 지우세요.", "Have REQUESTS_CA_BUNDLE name a file that is there, or remove it."
        )
        yield failed(id, ConfigError, what, cure, path=route.verify)
        return
    if route.proxy:  # the handshake goes through it; the request that follows tells
        yield skipped(
            id, Text(f"{name}: 프록시를 지나는 요청으로 확인합니다.", f"{name}: seen by the request through the proxy"), host=name
        )
        return
    yield _handshake(id, name, port, route.verify)


def _handshake(id: str, name: str, port: int, verify: str) -> Finding:
    try:
        context = _context(verify)
        with socket.create_connection((name, port), timeout=PATIENCE) as plain, context.wrap_socket(plain, server_hostname=name) as secure:
            version = secure.version() or ""
    except ssl.SSLCertVerificationError as error:
        return _untrusted(id, name, port, error)
    except OSError as error:  # what ssl raises besides is one, too
        reason = why(error)
        what = Text(f"{name}: 보안 연결(TLS)을 만들 수 없습니다 ({reason.ko}).", f"{name}: no secure connection (TLS): {reason.en}")
        return failed(id, NetworkError, what, _OLD, host=name, reason=reason.en)
    what = Text(f"{name}: {version}, 인증서를 믿을 수 있습니다.", f"{name}: {version}, its certificate is trusted")
    return ok(id, what, host=name, version=version)


def _context(verify: str) -> ssl.SSLContext:
    """As the HTTP library's own."""
    context = create_urllib3_context()
    is_folder = Path(verify).is_dir()
    context.load_verify_locations(cafile=None if is_folder else verify, capath=verify if is_folder else None)
    return context


def _untrusted(id: str, name: str, port: int, error: ssl.SSLCertVerificationError) -> Finding:
    """A certificate that does not convince: for its dates, for its name, or since nobody here knows who issued it."""
    detail = {"host": name, "reason": error.verify_message, "number": error.verify_code}
    what = Text(
        f"{name}: 서버의 인증서를 믿을 수 없습니다 ({error.verify_message}).",
        f"{name}: the server's certificate is not trusted ({error.verify_message})",
    )
    if error.verify_code in _OF_TIME:
        return failed(id, NetworkError, what, SET_CLOCK, **detail)
    if error.verify_code in _OF_NAME:
        cure = Text("서버 주소(base_url)와 프록시 설정을 확인하세요.", "Check the address (base_url) and the proxy.")
        return failed(id, NetworkError, what, cure, **detail)
    # who issued it may be the user's company: nobody else's business
    return replace(failed(id, NetworkError, what, COMPANY, **detail), private=_issuer(name, port))


def _issuer(name: str, port: int) -> str:
    """Who issued a certificate that is not trusted; nothing is sent over this connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((name, port), timeout=PATIENCE) as plain, context.wrap_socket(plain, server_hostname=name) as secure:
            issuer = x509.load_der_x509_certificate(secure.getpeercert(True) or b"").issuer
    except (OSError, ValueError):
        return ""
    names = [part.value for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME) for part in issuer.get_attributes_for_oid(kind)]
    return one_line(", ".join(str(name) for name in names))
