"""Faults on demand: what goes wrong, on which call, how many times.

    EGW00201, EGW00201:200   that message code, with its usual status or the given one
    changed                  SYDB0050: the data changed between pages
    dead_token               EGW00123, and the token is dropped
    http:503, http:502:html  that status, with a JSON or an HTML body
    retry_after:2            503 and Retry-After: 2 (retry_after:2:429 for another status)
    html, garbage            200 with an HTML page, or with half a JSON text
    reset, hang, cut         the connection is reset, stays silent, or ends in the middle of the body
    slow:1.5                 the answer comes that many seconds later
    null_outputs             EGW00316 with both outputs null (null_outputs:0 for a success with null outputs)
    no_output2               output2 is missing
    missing_field:prpr       a field is missing in the page's first row and the summary, where they have it
    bad_field:prpr=abc       a field has this value there
    extra_field:new_key=x    rows and summary have one field more
    drop_row                 one row less than the totals say
    repeat_cursor            more follows, under the cursor that was just used
    endless                  more follows, under a new cursor, for ever
    ticking                  prices moved since the page before

Down to `slow` they happen to whatever call comes in, and count all calls of their path. The others change a page and
count only calls that are answered with one: they stay on their page when a call was refused and made again.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Literal, get_args

Path = Literal["balance", "token", "revoke"]
PATHS: tuple[Path, ...] = get_args(Path)

_NUMBER = r"\d+(?:\.\d+)?"
_KEY = r"[A-Za-z0-9_]+"
_ON_ARRIVAL = re.compile(
    rf"(?:[A-Z]{{3,4}}\d{{4,5}}|\d{{8}})(?::\d{{3}})?|changed|dead_token|html|garbage|reset|hang|cut"
    rf"|http:\d{{3}}(?::html)?|retry_after:\d+(?::\d{{3}})?|slow:{_NUMBER}"
)
_ON_A_PAGE = re.compile(
    rf"null_outputs(?::0)?|no_output2|missing_field:{_KEY}|(?:bad_field|extra_field):{_KEY}=.*|drop_row|repeat_cursor|endless|ticking",
    re.DOTALL,
)
_TEXT_FORM = re.compile(r"(?:(?P<path>[a-z]+)@)?(?P<on_call>\d+)(?:x(?P<times>\d+))?=(?P<kind>.+)", re.DOTALL)


@dataclass(frozen=True)
class Fault:
    """One fault: its kind as in the table above, on which call it begins (from 1), and for how many calls it stays.

    Calls are counted for each path, from when the fault was added. ValueError for what is not a fault.
    """

    kind: str
    on_call: int = 1
    times: int = 1
    path: Path = "balance"

    def __post_init__(self) -> None:
        if not (_ON_ARRIVAL.fullmatch(self.kind) or self.changes_page):
            raise ValueError(f"no such fault: {self.kind!r}")
        if self.path not in PATHS:
            raise ValueError(f"no such path: {self.path!r}; there are {', '.join(PATHS)}")
        if self.path != "balance" and (self.changes_page or self.kind in ("changed", "dead_token")):
            raise ValueError(f"{self.kind!r} happens to the balance inquiry only")
        if self.on_call < 1 or self.times < 1:
            raise ValueError("calls are counted from 1, and a fault happens at least once")

    @property
    def name(self) -> str:
        """The kind without its arguments."""
        return self.kind.partition(":")[0]

    @property
    def argument(self) -> str:
        """What follows the first colon of the kind."""
        return self.kind.partition(":")[2]

    @property
    def changes_page(self) -> bool:
        """Whether it alters a page, rather than what becomes of the call."""
        return _ON_A_PAGE.fullmatch(self.kind) is not None

    def __str__(self) -> str:
        return f"{self.path}@{self.on_call}x{self.times}={self.kind}"


def parse_fault(text: str) -> Fault:
    """Read `[PATH@]N[xTIMES]=KIND`: `3=EGW00201`, `token@1=EGW00133`, `1x99=EGW00215`; ValueError otherwise."""
    found = _TEXT_FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"not a fault: {text!r}; write [PATH@]N[xTIMES]=KIND, such as 3=EGW00201 or token@1x2=http:503")
    path = next((path for path in PATHS if path == (found["path"] or "balance")), None)
    if path is None:
        raise ValueError(f"no such path: {found['path']!r}; there are {', '.join(PATHS)}")
    return Fault(found["kind"], int(found["on_call"]), int(found["times"] or 1), path)


class FaultBox:
    """The faults that were asked for, and how many calls each has seen. May be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: list[tuple[Fault, int]] = []

    def add(self, fault: Fault) -> None:
        """Have this fault happen; its counting begins now."""
        with self._lock:
            self._seen.append((fault, 0))

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._seen.clear()

    def due(self, path: Path, *, on_a_page: bool) -> list[Fault]:
        """The faults that happen to this call, which is counted."""
        with self._lock:
            due = []
            for place, (fault, seen) in enumerate(self._seen):
                if fault.path != path or fault.changes_page is not on_a_page:
                    continue
                self._seen[place] = (fault, seen + 1)
                if fault.on_call <= seen + 1 < fault.on_call + fault.times:
                    due.append(fault)
            return due
