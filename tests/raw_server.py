"""A server that answers with given bytes, for what no decent server does: dripping, lying about itself, endless."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from kis_xl import kst
from tests.rows import holding_row, summary_row

Answer = Callable[[socket.socket, str], None]


@dataclass
class Raw:
    """Where it listens, and the first line of each request that it got."""

    url: str
    requests: list[str] = field(default_factory=list)

    def asked(self, path: str) -> int:
        return sum(path in line for line in self.requests)


def http(body: bytes | str | dict[str, object], status: str = "200 OK", **headers: str) -> bytes:
    """An answer as bytes."""
    content = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}"]
    lines += [f"{name if name.islower() else name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def page(**given: object) -> dict[str, object]:
    """The body of a whole account of one page."""
    whole: dict[str, object] = {
        "rt_cd": "0", "msg_cd": "KIOK0510", "msg1": "", "ctx_area_fk100": "", "ctx_area_nk100": "",
        "output1": [holding_row()], "output2": [summary_row()],
    }  # fmt: skip
    return whole | given


def token(hours: float = 24, **given: object) -> dict[str, object]:
    """The body of a token's answer."""
    expires = f"{kst.now() + timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"
    return {"access_token": "raw-token", "access_token_token_expired": expires, "token_type": "Bearer", "expires_in": 86400} | given


def drip(before: bytes, seconds: float) -> Answer:
    """Sends `before`, then a byte every so often, for ever."""

    def answer(connection: socket.socket, _: str) -> None:
        connection.sendall(before)
        while True:
            connection.sendall(b" ")
            time.sleep(seconds)

    return answer


@contextmanager
def raw(inquiry: Answer | bytes, token_answer: bytes | None = None) -> Iterator[Raw]:
    """A server that gives tokens, and answers each inquiry as told."""
    listening = socket.create_server(("127.0.0.1", 0))
    running = Raw(f"http://127.0.0.1:{listening.getsockname()[1]}")
    open_connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while head := _request(connection):
                running.requests.append(head)
                if "tokenP" in head:
                    connection.sendall(token_answer or http(token()))
                elif isinstance(inquiry, bytes):
                    connection.sendall(inquiry)
                else:
                    inquiry(connection, head)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                open_connections.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield running
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join()
        for connection in open_connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _request(connection: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return ""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += connection.recv(65_536)
    return head.split(b"\r\n")[0].decode()
