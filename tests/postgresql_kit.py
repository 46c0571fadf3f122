"""A real PostgreSQL server for tests: made in a folder of its own, ended with them, reached by socket and loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

#: A password with all that an address has to quote.
PASSWORD = "p@ss/w:rd #1%"
USER = "kis"
#: The server refuses to run as the administrator; this user owns nothing.
_NOBODY = "nobody"


@dataclass
class PostgreSQL:
    """A running server. `folder` holds its data and its socket."""

    programs: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    _schemas: int = 0

    def address(self, database: str = "kis", **more: str) -> str:
        """The address by socket, which needs no password."""
        query = "&".join(
            f"{key}={quote(value, safe='')}" for key, value in {"host": str(self.folder), "port": str(self.port), **more}.items()
        )
        return f"postgresql://{USER}@/{database}?{query}"

    def by_loopback(self, password: str = PASSWORD, database: str = "kis") -> str:
        """The address by TCP, with a password."""
        return f"postgresql://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def new(self) -> str:
        """The address of an empty place of its own: tables go into the first schema of the search path."""
        self._schemas += 1
        name = f"test_{self._schemas}"
        self.run(f"CREATE SCHEMA {name}")
        return self.address(options=f"-csearch_path={name}")

    def run(self, *statements: str, address: str | None = None) -> list[tuple[Any, ...]]:
        """Do something behind the history's back; the last statement's rows."""
        import psycopg  # noqa: PLC0415 (an extra)

        with psycopg.connect(address or self.address(), autocommit=True) as connection:
            rows: list[tuple[Any, ...]] = []
            for statement in statements:
                cursor = connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
            return rows


def programs() -> Path | None:
    """Where the server's programs are; Debian puts them on no path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return next((path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), None)


@contextmanager
def running() -> Iterator[PostgreSQL]:
    """A server, or a skipped test where none is installed."""
    where = programs()
    if os.name != "posix" or where is None:
        pytest.skip("PostgreSQL is not installed (on Debian: postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="kis-pg-"))  # a socket's path is short
    other = _other_user()
    try:
        password = folder / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        for path in (folder, password):
            if other:
                os.chown(path, other["user"], other["group"])
        made: list[str | Path] = [
            where / "initdb",
            "-D",
            folder / "data",
            "-U",
            USER,
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
            "--pwfile",
            password,
        ]
        made += ["--auth-local=trust", "--auth-host=scram-sha-256"]
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **other)
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command: list[str | Path] = [
            where / "postgres",
            "-D",
            folder / "data",
            "-k",
            folder,
            "-p",
            str(port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-F",
        ]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **other)
        server = PostgreSQL(where, folder, port, process)
        try:
            _wait_for(server)
            yield server
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _other_user() -> dict[str, Any]:
    """Who runs the server where the tests run as the administrator."""
    if os.geteuid() != 0:
        return {}
    import pwd  # noqa: PLC0415 (not on Windows)

    nobody = pwd.getpwnam(_NOBODY)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _wait_for(server: PostgreSQL) -> None:
    from psycopg import OperationalError  # noqa: PLC0415 (an extra)

    for _ in range(1200):
        assert server.process.poll() is None, "the server has ended"
        with suppress(OperationalError):
            server.run("CREATE DATABASE kis", address=server.address("postgres"))
            return
        time.sleep(0.05)
    raise AssertionError("the server does not start")
