"""The service without its sockets: a call comes in, an outcome goes out."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from kis_xl.fields import PATH, REQUEST_HEADERS, Environment
from kis_xl.simulator import rules
from kis_xl.simulator.accounts import SimAccount
from kis_xl.simulator.faults import Fault, FaultBox, Path, parse_fault
from kis_xl.simulator.limits import CallGate, Limits
from kis_xl.simulator.messages import Refusal, Reply, call_refused, json_reply, token_refused
from kis_xl.simulator.pages import PageMaker, spoil
from kis_xl.simulator.paging import Cursor, CursorBook
from kis_xl.simulator.tokens import REVOKE_PATH, TOKEN_PATH, TokenDesk

CONTROL = "/_simulator/"
_PATHS: dict[str, tuple[Path, str]] = {PATH: ("balance", "GET"), TOKEN_PATH: ("token", "POST"), REVOKE_PATH: ("revoke", "POST")}
_HTML = b"<!DOCTYPE html><html><head><title>Service Unavailable</title></head><body><h1>Service Unavailable</h1></body></html>"
_SHOWN_HEADERS = (*(entry.key for entry in REQUEST_HEADERS if not entry.secret), "user-agent", "connection")
#: How many of the last calls `/_simulator/stats` lists.
_LISTED_CALLS = 10_000

Wire = Literal["send", "cut", "reset", "hang"]


@dataclass(frozen=True)
class Incoming:
    """A request, headers by their lower-case names."""

    environment: Environment
    method: str
    path: str
    headers: Mapping[str, str]
    parameters: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Outcome:
    """What becomes of a request: an answer, sent after `delay` seconds, whole or cut; or a reset, or silence."""

    reply: Reply
    wire: Wire = "send"
    delay: float = 0.0


@dataclass(frozen=True)
class Call:
    """A call as it was received and answered. `time` is monotonic seconds; `status` 0 means it got no answer.

    Keys, tokens and phone numbers are not kept; headers and parameters, which name the account, are not in the repr.
    """

    time: float
    environment: Environment
    path: str
    headers: Mapping[str, str] = field(repr=False)
    params: Mapping[str, str] = field(repr=False)
    status: int = 0
    msg_cd: str = ""


@dataclass(frozen=True)
class Options:
    """Where the real service varies, or is not known: see `Simulator`."""

    first_more: str = "M"
    empty_last_page: bool = False
    allow_by_stock: bool = False
    any_case_cursors: bool = False


class Service:
    """Answers calls. All methods may be used from any thread."""

    def __init__(self, accounts: Iterable[SimAccount], limits: Limits, options: Options) -> None:
        self.accounts = tuple(accounts)
        self.faults = FaultBox()
        self._limits, self._options = limits, options
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Forget calls, tokens, cursors, faults and counts, as if just started."""
        with self._lock:
            self.faults.clear()
            self.desk = TokenDesk(self.accounts, self._limits)
            self.calls: list[Call] = []
            self.refused = 0
            self.connections = 0
            self.unknown_parameters: Counter[str] = Counter()
            self._gate = CallGate(self._limits)
            self._pages = PageMaker(CursorBook(), self._options.first_more, self._options.empty_last_page)
            self._uids: set[str] = set()
            self._answers = itertools.count(1)

    def connected(self) -> None:
        """Count a connection."""
        with self._lock:
            self.connections += 1

    def answer(self, incoming: Incoming) -> Outcome:
        """What becomes of a call; it is kept among the calls."""
        if incoming.path.startswith(CONTROL):
            return Outcome(self._control(incoming))
        arrived = time.monotonic()
        with self._lock:
            outcome = self._outcome(incoming, arrived)
            shown = {key: incoming.headers[key] for key in _SHOWN_HEADERS if key in incoming.headers}
            status = outcome.reply.status if outcome.wire in ("send", "cut") else 0
            params = MappingProxyType(dict(incoming.parameters))
            call = Call(arrived, incoming.environment, incoming.path, MappingProxyType(shown), params, status, outcome.reply.msg_cd)
            self.calls.append(call)
        return outcome

    def stats(self, listed: int = _LISTED_CALLS) -> dict[str, Any]:
        """The counts, and the last calls, in a form that JSON can carry."""
        with self._lock:
            return {
                "connections": self.connections,
                "tokens_issued": self.desk.issued,
                "refused": self.refused,
                "unknown_parameters": dict(self.unknown_parameters),
                "paths": dict(Counter(_PATHS[call.path][0] if call.path in _PATHS else "other" for call in self.calls)),
                "codes": dict(Counter(call.msg_cd for call in self.calls if call.msg_cd)),
                "calls": [_listed(call) for call in self.calls[-listed:]],
            }

    def _outcome(self, incoming: Incoming, arrived: float) -> Outcome:
        known = _PATHS.get(incoming.path)
        if known is None:
            return Outcome(json_reply(404, {"error": f"no such path: {incoming.path}"}))
        path, method = known
        due = self.faults.due(path, on_a_page=False)
        delay = sum(float(fault.argument) for fault in due if fault.name == "slow")
        fault = next((fault for fault in due if fault.name != "slow"), None)
        if fault is not None and fault.name in ("reset", "hang"):
            return Outcome(Reply(0, b""), "reset" if fault.name == "reset" else "hang", delay)
        if fault is not None and fault.name != "cut":
            return Outcome(self._faulty(fault, incoming), "send", delay)
        if incoming.method != method:
            return Outcome(json_reply(405, {"error": f"{incoming.path} takes {method}"}, {"allow": method}), "send", delay)
        reply = self._balance(incoming, arrived) if path == "balance" else self._token(incoming, path)
        return Outcome(reply, "send" if fault is None else "cut", delay)

    def _faulty(self, fault: Fault, incoming: Incoming) -> Reply:
        argument, _, more = fault.argument.partition(":")
        if fault.name in ("html", "garbage"):
            return Reply(200, _HTML, content_type="text/html") if fault.name == "html" else Reply(200, b'{"rt_cd":"0","msg_cd":')
        if fault.name == "http":
            if more:
                return Reply(int(argument), _HTML, content_type="text/html")
            away = {"location": "/elsewhere"} if argument.startswith("3") else {}
            return json_reply(int(argument), {"error": "injected"}, away)
        if fault.name == "retry_after":
            return json_reply(int(more or 503), {"error": "injected"}, {"retry-after": argument})
        if fault.name == "dead_token":
            self.desk.drop(rules.bearer(incoming.headers))
        code = {"changed": "SYDB0050", "dead_token": "EGW00123"}.get(fault.name, fault.name)
        refusal = Refusal(code, status=int(argument) if argument else None)
        return call_refused(refusal, {}) if fault.path == "balance" else token_refused(refusal)

    def _token(self, incoming: Incoming, path: Path) -> Reply:
        try:
            if not rules.is_json(incoming.headers.get("content-type", "")):
                raise Refusal("EGW00132")
            asked = _json_object(incoming.body)
            if asked is None:
                raise Refusal("EGW00101")
            answer = self.desk.issue if path == "token" else self.desk.revoke
            return json_reply(200, answer(incoming.environment, asked))
        except Refusal as refusal:
            return token_refused(refusal)

    def _balance(self, incoming: Incoming, arrived: float) -> Reply:
        headers, environment = incoming.headers, incoming.environment
        try:
            rules.check_headers(headers)
            account = rules.check_keys(headers, environment, self.desk)
            # counted by its key, whatever else may be wrong with it
            if not self._gate.allows(account, environment, arrived):
                self.refused += 1
                raise Refusal("EGW00201")
            rules.check_transaction(headers, environment)
            rules.check_customer(headers, account, self._uids)
            parameters = self._parameters(incoming)
            account = rules.check_parameters(parameters, self._accounts_of(account), allow_by_stock=self._options.allow_by_stock)
            asked: Cursor = (parameters.get(rules.CURSOR_KEYS[0], ""), parameters.get(rules.CURSOR_KEYS[1], ""))
            page = self._pages.page(account, environment, asked, parameters, headers.get("tr_cont") == "N")
        except Refusal as refusal:
            return call_refused(refusal, {})
        for fault in self.faults.due("balance", on_a_page=True):
            spoil(page, fault)
        uid = headers.get("gt_uid") or f"{next(self._answers):032d}"
        return page.reply({"tr_id": headers["tr_id"], "gt_uid": uid})

    def _accounts_of(self, account: SimAccount) -> list[SimAccount]:
        return [other for other in self.accounts if other.appkey == account.appkey]

    def _parameters(self, incoming: Incoming) -> Mapping[str, str]:
        parameters = dict(incoming.parameters)
        if self._options.any_case_cursors:
            for key in rules.CURSOR_KEYS:
                parameters.setdefault(key, parameters.pop(key.lower(), ""))
        self.unknown_parameters.update(rules.unknown(parameters))
        return parameters

    def _control(self, incoming: Incoming) -> Reply:
        asked = incoming.method, incoming.path.removeprefix(CONTROL)
        if asked == ("GET", "stats"):
            return json_reply(200, self.stats())
        if asked == ("POST", "reset"):
            self.reset()
            return json_reply(200, {"reset": True})
        if asked != ("POST", "faults"):
            return json_reply(404, {"error": "there are GET stats, POST faults and POST reset"})
        try:
            faults = [parse_fault(text) for text in (_json_object(incoming.body) or {})["faults"]]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            return json_reply(400, {"error": str(error), "expected": {"faults": ["3=EGW00201"]}})
        for fault in faults:
            self.faults.add(fault)
        return json_reply(200, {"added": [str(fault) for fault in faults]})


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _listed(call: Call) -> dict[str, Any]:
    shown = {"time": call.time, "environment": call.environment.key, "path": call.path, "status": call.status, "msg_cd": call.msg_cd}
    return shown | {"headers": dict(call.headers), "params": dict(call.params)}
