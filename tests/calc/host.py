"""Calls from the workbook's VBA into functions of this process, over loopback HTTP: in the place of xlwings' COM server.

Calls run one after the other in one thread, as they do there.
"""

from __future__ import annotations

import importlib
import json
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from tests.calc import com

RECORDS = "_record"
#: What buttons call: the answers stay in VBA.
MACROS = ("kis_xl.excel.macros", "kis_xl.doctor.excel")
#: What VBA gets for a Python exception: E_FAIL from pywin32.
_E_FAIL = -2147467259
_SOURCE = "Python COM Server Internal Error"


@dataclass
class Recorder:
    """What the workbook has told or asked the user, in order, and how the user answers."""

    #: Every event: what (`tell`, `ask`, `status`, `open`, `on_time`, `calculate`, ...) and its details.
    events: list[tuple[str, list[Any]]] = field(default_factory=list)
    #: The user's answer to questions, and whether files can be opened.
    answer: bool = True
    opens: bool = True

    def of(self, what: str) -> list[list[Any]]:
        """The details of the events of one kind."""
        return [details for kind, details in self.events if kind == what]

    def record(self, what: str, details: list[Any]) -> bool:
        """Note an event; what VBA gets for it."""
        self.events.append((what, details))
        return {"ask": self.answer, "open": self.opens}.get(what, True)


class Host:
    """The endpoint. `ndims` says for which arguments of which function `xw.arg(..., ndim=n)` is declared.

    `violations` are those of COM's rules that calls have broken; each was an error for its caller, too.
    """

    def __init__(self, ndims: Mapping[str, Mapping[str, int]] | None = None) -> None:
        self.ndims = dict(ndims or {})
        self.recorder = Recorder()
        self.violations: list[str] = []
        #: Every call: module, function and the arguments as the function got them.
        self.calls: list[tuple[str, str, list[Any]]] = []
        self._server = HTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="calc host", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens, on loopback."""
        return int(self._server.server_address[1])

    def reset(self, ndims: Mapping[str, Mapping[str, int]] | None = None) -> None:
        """Forget what an earlier test has left."""
        self.ndims = dict(ndims or {})
        self.recorder = Recorder()
        self.violations = []
        self.calls = []

    def close(self) -> None:
        """Stop listening. A call that never ends is left behind."""
        ending = threading.Thread(target=self._server.shutdown, daemon=True)
        ending.start()
        ending.join(5)
        self._server.server_close()

    def answer(self, module: str, function: str, args: Any) -> list[Any]:
        """What VBA gets: ["scalar" | "row" | "grid", values] or ["error", number, source, description]."""
        try:
            return self._call(module, function, args)
        except com.ComViolation as error:
            text = f"{module}.{function}: {error}"
            self.violations.append(text)
            return ["error", _E_FAIL, _SOURCE, text]
        except Exception:  # noqa: BLE001 (VBA gets whatever it was, as pywin32 writes it)
            return ["error", _E_FAIL, _SOURCE, f"Unexpected Python Error: {traceback.format_exc()}"]

    def _call(self, module: str, name: str, args: Any) -> list[Any]:
        if module == RECORDS:
            return ["scalar", self.recorder.record(name, _recorded(args))]
        function = getattr(importlib.import_module(module), name)
        given = com.arguments(function, com.decoded(args), self.ndims.get(name, {}))
        self.calls.append((module, name, given))
        return list(com.result(function, function(*given), for_cells=module not in MACROS))


def _recorded(args: list[Any]) -> list[Any]:
    values: list[Any] = com.decoded(args)
    return [None if value is com.MISSING else value for value in values]


def _handler(host: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(host.answer(request["module"], request["function"], request["args"])).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a test's output is its own."""

    return Handler
