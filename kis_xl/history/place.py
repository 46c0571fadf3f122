"""Where the history is: a file in the data folder, or a team's PostgreSQL server, by its address.

    postgresql://kis@db.example.com/kis?sslmode=verify-full

The address is the one of PostgreSQL's own library: sockets (`?host=/run/postgresql`), several hosts, certificates and
service files can stand in it. A password comes from ~/.pgpass or PGPASSWORD, or stands in the environment variable's
address. Nothing is connected here, and no database library loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from kis_xl.accounts import is_loopback
from kis_xl.errors import ConfigError
from kis_xl.language import Text
from kis_xl.redaction import HIDDEN, register

#: How addresses begin; the last one is what SQLAlchemy calls the same.
_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
_PASSWORDS = ("password", "sslpassword")
_EXAMPLE = Text("예: postgresql://kis@db.example.com/kis", "Such as postgresql://kis@db.example.com/kis")


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server. `url` may hold a password; `shown` is the address without. `stated` is what it says besides."""

    url: str = field(repr=False)
    shown: str
    stated: frozenset[str]
    is_local: bool

    @classmethod
    def parse(cls, url: str) -> Server:
        """Read an address. ConfigError, which does not repeat it, for anything else."""
        parts = _split(url)
        _register_passwords(parts)
        stated = dict(parse_qsl(parts.query, keep_blank_values=True))
        user, at, hosts = parts.netloc.rpartition("@")
        shown = f"postgresql://{user.partition(':')[0]}{at}{hosts}{parts.path}" + (f"?host={stated['host']}" if "host" in stated else "")
        address = f"postgresql://{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return cls(address, shown, frozenset(stated), _is_local(hosts, stated))


def without_password(url: str) -> str:
    """`url`, which may stand in a file that holds no secret. ConfigError where it has a password."""
    parts = _split(url)
    if _register_passwords(parts):
        raise ConfigError(
            Text("설정 파일에는 비밀번호를 쓸 수 없습니다.", "the configuration file holds no password"),
            Text(
                "비밀번호는 ~/.pgpass 에 두거나, 주소 전체를 환경 변수 KIS_XL_HISTORY_URL 에 적으세요.",
                "Put it into ~/.pgpass, or the whole address into the environment variable KIS_XL_HISTORY_URL.",
            ),
        )
    return url


def register_passwords(url: str) -> None:
    """Keep the password of `url` out of all texts, also where the address is wrong."""
    try:
        _register_passwords(urlsplit(url))
    except ValueError:
        register(url)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in _SCHEMES or parts.fragment or not url.isprintable() or " " in url or not _has_place(parts):
        raise ConfigError(
            Text("PostgreSQL 서버의 주소가 아닙니다.", "not the address of a PostgreSQL server"),
            Text(f"{_EXAMPLE.ko} (비우면 데이터 폴더에 저장합니다.)", f"{_EXAMPLE.en} (without one, the history is in the data folder)."),
        )
    return parts


def _has_place(parts: SplitResult) -> bool:
    return bool(parts.netloc or parts.path.strip("/") or parts.query)


def _register_passwords(parts: SplitResult) -> bool:
    """Whether there is one."""
    user = parts.netloc.rpartition("@")[0]
    written = [user.partition(":")[2], *(value for key, value in parse_qsl(parts.query) if key in _PASSWORDS)]
    for password in filter(None, written):
        for form in {password, unquote(password), quote(unquote(password), safe="")}:
            register(form, HIDDEN)
    return any(written)


def _is_local(hosts: str, stated: dict[str, str]) -> bool:
    """Whether nothing leaves this machine: sockets and loopback addresses. A service file may name any host."""
    if "service" in stated:
        return False
    named = [*filter(None, (*hosts.split(","), *stated.get("host", "").split(","), *stated.get("hostaddr", "").split(",")))]
    return all(unquote(host).startswith(("/", "@")) or is_loopback(_without_port(host)) for host in named)


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host if host.count(":") > 1 else host.partition(":")[0]
