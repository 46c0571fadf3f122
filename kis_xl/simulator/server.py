"""The simulated service on two ports of the loopback interface, in a thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, cast

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream, StreamClosedError

from kis_xl.fields import Environment
from kis_xl.simulator.accounts import SimAccount, demo_account
from kis_xl.simulator.faults import Fault, parse_fault
from kis_xl.simulator.limits import Limits
from kis_xl.simulator.messages import Reply
from kis_xl.simulator.service import Call, Incoming, Options, Outcome, Service

HOST = "127.0.0.1"
_BACKLOG = 128
_START_SECONDS = 10.0
# a client that breaks off, or trusts no one, is no news: without a handler of its own tornado tells stderr of each
logging.getLogger("tornado").addHandler(logging.NullHandler())


@dataclass(eq=False)
class Simulator:
    """A simulated KIS Open API: the real host on one port, the mock host on another.

    A context manager; `start` and `stop` do the same. Seconds everywhere.

    accounts         whose keys it knows; a demo account of each environment by default
    limits           how often one may call; the service's own by default
    faults           what is to go wrong, as `Fault` or in text form
    latency          how long each answer takes
    connect_latency  how much longer the first answer of a new connection takes
    ssl_context      for TLS; plain HTTP without
    first_more       what `tr_cont` says on a first page when more follows: M or F
    empty_last_page  whether holdings that fill their pages exactly are followed by an empty page
    allow_by_stock   whether INQR_DVSN 02 is answered; the service refuses it since 2026-02-10
    any_case_cursors whether the cursor's parameters may be written in lower case, as one public client does
    port_real, port_mock  0 takes a free one
    """

    accounts: Sequence[SimAccount] | None = None
    limits: Limits | None = None
    faults: Sequence[Fault | str] = ()
    latency: float = 0.0
    connect_latency: float = 0.0
    ssl_context: ssl.SSLContext | None = None
    first_more: str = "M"
    empty_last_page: bool = False
    allow_by_stock: bool = False
    any_case_cursors: bool = False
    port_real: int = 0
    port_mock: int = 0
    _service: Service = field(init=False, repr=False)
    _thread: threading.Thread | None = field(init=False, default=None, repr=False)
    _ports: dict[Environment, int] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.accounts is None:
            self.accounts = [demo_account(environment) for environment in Environment]
        options = Options(self.first_more, self.empty_last_page, self.allow_by_stock, self.any_case_cursors)
        self._service = Service(self.accounts, self.limits or Limits(), options)
        for fault in self.faults:
            self.add_fault(fault)

    def start(self) -> Simulator:
        """Listen; the ports are open when this returns. OSError if a port is taken."""
        if self._thread is not None:
            raise RuntimeError("the simulator is running")
        sockets: dict[Environment, socket.socket] = {}
        try:
            for environment, port in ((Environment.REAL, self.port_real), (Environment.MOCK, self.port_mock)):
                sockets[environment] = socket.create_server((HOST, port), backlog=_BACKLOG)
                sockets[environment].setblocking(False)
        except OSError:
            for opened in sockets.values():
                opened.close()
            raise
        self._ports = {environment: opened.getsockname()[1] for environment, opened in sockets.items()}
        self._serving = _Serving(self._service, sockets, self.ssl_context, self.latency, self.connect_latency)
        self._thread = threading.Thread(target=self._serving.run, name="kis-simulator", daemon=True)
        self._thread.start()
        if not self._serving.ready.wait(_START_SECONDS):
            raise RuntimeError("the simulator did not start")
        return self

    def stop(self) -> None:
        """Close all connections, also those that hang, and free the ports."""
        if self._thread is not None:
            self._serving.stop()
            self._thread.join()
            self._thread = None

    def wait(self) -> None:
        """Serve until `stop`, or until Ctrl-C raises KeyboardInterrupt here."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(0.5)  # a join without end cannot be interrupted on Windows

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def url(self, environment: Environment) -> str:
        """The base address of that environment's host, without a trailing slash."""
        return f"{'https' if self.ssl_context else 'http'}://{HOST}:{self._ports[environment]}"

    @property
    def real_url(self) -> str:
        """The address of the real host."""
        return self.url(Environment.REAL)

    @property
    def mock_url(self) -> str:
        """The address of the mock host."""
        return self.url(Environment.MOCK)

    def account(self, environment: Environment = Environment.REAL) -> SimAccount:
        """The first account of that environment."""
        return next(account for account in self._service.accounts if account.environment is environment)

    def add_fault(self, fault: Fault | str) -> None:
        """Have something go wrong; its calls are counted from now."""
        self._service.faults.add(parse_fault(fault) if isinstance(fault, str) else fault)

    @property
    def calls(self) -> list[Call]:
        """All calls so far, in the order in which they came."""
        return list(self._service.calls)

    @property
    def refused(self) -> int:
        """How many calls came too fast."""
        return self._service.refused

    @property
    def tokens_issued(self) -> int:
        """How many tokens were made; one that was given out again does not count."""
        return self._service.desk.issued

    @property
    def connections(self) -> int:
        """How many TCP connections were accepted."""
        return self._service.connections

    def stats(self) -> dict[str, Any]:
        """All counts, as `GET /_simulator/stats` gives them."""
        return self._service.stats()

    def reset(self) -> None:
        """Forget calls, tokens, cursors, faults and counts, as if just started."""
        self._service.reset()


class _Server(HTTPServer):
    """Counts connections and makes new ones wait."""

    serving: _Serving

    async def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:  # type: ignore[override]
        """A connection was accepted."""
        self.serving.service.connected()
        self.serving.watch()
        try:
            await asyncio.sleep(self.serving.connect_latency)
        except asyncio.CancelledError:
            stream.close()
            raise
        if not stream.closed():
            super().handle_stream(stream, address)


@dataclass(eq=False)
class _Serving:
    """The event loop and what runs in it."""

    service: Service
    sockets: dict[Environment, socket.socket]
    ssl_context: ssl.SSLContext | None
    latency: float
    connect_latency: float
    ready: threading.Event = field(default_factory=threading.Event)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def run(self) -> None:
        """Serve until `stop`; the whole life of the thread."""
        # the selector loop also on Windows: tornado needs one, and would start a thread of its own beside the other
        self._loop = asyncio.SelectorEventLoop()
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    def stop(self) -> None:
        """End serving; from any thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)

    def watch(self) -> None:
        """Have the task that runs this cancelled by `stop`."""
        if (task := asyncio.current_task()) is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        servers = [self._server(environment) for environment in self.sockets]
        self.ready.set()
        await self._stopping.wait()
        for server in servers:
            server.stop()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for server in servers:
            await server.close_all_connections()

    def _server(self, environment: Environment) -> _Server:
        def received(request: HTTPServerRequest) -> None:
            self._loop.create_task(self._answer(request, environment))

        server = _Server(received, ssl_options=self.ssl_context)
        server.serving = self
        server.add_socket(self.sockets[environment])
        return server

    async def _answer(self, request: HTTPServerRequest, environment: Environment) -> None:
        self.watch()
        arrived = self._loop.time()
        connection = cast(HTTP1Connection, request.connection)
        try:
            outcome = self.service.answer(_incoming(request, environment))
            # what making the answer took is part of the latency
            delay = arrived + self.latency + outcome.delay - self._loop.time()
            if delay > 0:
                await asyncio.sleep(delay)
            with contextlib.suppress(StreamClosedError):
                await _send(connection, outcome)
        except Exception:
            # a fault of the simulator itself: the client must not wait for it
            connection.stream.close()
            raise


def _incoming(request: HTTPServerRequest, environment: Environment) -> Incoming:
    headers = {name.lower(): value for name, value in request.headers.get_all()}
    parameters = {name: values[0].decode("utf-8", "replace") for name, values in request.query_arguments.items()}
    return Incoming(environment, request.method or "", request.path, headers, parameters, request.body)


async def _send(connection: HTTP1Connection, outcome: Outcome) -> None:
    """Write an answer past tornado's own header writing, which would capitalise `tr_cont`."""
    stream = connection.stream
    if outcome.wire == "hang":
        closed = asyncio.Event()
        connection.set_close_callback(closed.set)
        await closed.wait()
        return
    if outcome.wire == "reset":
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        stream.close()
        return
    head, body = _head(outcome.reply), outcome.reply.body
    if outcome.wire == "cut":
        await stream.write(head + body[: len(body) // 2])
        stream.close()
        return
    await stream.write(head + body)
    connection.finish()


def _head(reply: Reply) -> bytes:
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = {"content-type": reply.content_type, "content-length": str(len(reply.body)), **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
