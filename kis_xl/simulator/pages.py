"""A page of the balance inquiry: made from the account, and spoilt by the faults that are due."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kis_xl.fields import Environment
from kis_xl.simulator.accounts import SimAccount
from kis_xl.simulator.faults import Fault
from kis_xl.simulator.messages import Refusal, Reply, call_refused, json_reply, success
from kis_xl.simulator.paging import Cursor, CursorBook, Owner, at_the_end, condition, owner, position

_numbers = itertools.count(1)


@dataclass
class Page:
    """One answer before it is sent, and what it was made from."""

    account: SimAccount
    parameters: Mapping[str, str]
    whose: Owner
    cursors: CursorBook
    asked: Cursor
    start: int
    stop: int
    tr_cont: str
    cursor: Cursor
    content: dict[str, Any] = field(default_factory=dict)
    refusal: Refusal | None = None

    def reply(self, headers: Mapping[str, str]) -> Reply:
        """The answer as it is sent."""
        fk, nk = self.cursor
        if self.refusal is not None:
            return call_refused(self.refusal, {}, self.content)
        content = {"ctx_area_fk100": fk, "ctx_area_nk100": nk, **self.content}
        return json_reply(200, content, {"tr_cont": self.tr_cont, **headers}, str(content.get("msg_cd", "")))


@dataclass(frozen=True)
class PageMaker:
    """Cuts accounts into pages.

    `first_more` is what `tr_cont` says on a first page that is not the last one (F or M; later pages say M). With
    `empty_last_page`, an account that fills its pages exactly has one more page, with nothing on it.
    """

    cursors: CursorBook
    first_more: str = "M"
    empty_last_page: bool = False

    def page(self, account: SimAccount, environment: Environment, asked: Cursor, parameters: Mapping[str, str], continued: bool) -> Page:
        """The page that a call asks for; Refusal SYDB0050 for a cursor that was not given for this query."""
        whose = owner(account.appkey, environment, parameters)
        start = self.cursors.start(whose, asked, continued)
        by_stock = parameters["INQR_DVSN"] == "02"
        total, size = account.count(by_stock=by_stock), environment.page_size
        stop = min(start + size, total)
        rows = account.holdings(start, stop, by_stock=by_stock)
        more = stop < total or (self.empty_last_page and bool(rows) and total % size == 0)
        tr_cont, cursor = "D", at_the_end(environment, parameters)
        if more:
            tr_cont = self.first_more if start == 0 else "M"
            cursor = self.cursors.give(whose, (condition(parameters), position(rows[-1])), stop)
        nothing = total == 0 and environment is Environment.MOCK
        content = {"output1": rows, "output2": [] if nothing else [account.summary()], **success(environment, total == 0)}
        return Page(account, parameters, whose, self.cursors, asked, start, stop, tr_cont, cursor, content)


def spoil(page: Page, fault: Fault) -> None:
    """Have a fault happen to a page."""
    _SPOILERS[fault.name](page, fault.argument)


def _tables(page: Page) -> list[dict[str, str]]:
    """The first holding and the summary, where there are any."""
    return [rows[0] for rows in (page.content.get("output1"), page.content.get("output2")) if rows]


def _null_outputs(page: Page, argument: str) -> None:
    if not argument:
        page.refusal = Refusal("EGW00316")
        page.content = {}
    page.content |= {"output1": None, "output2": None}


def _no_output2(page: Page, _argument: str) -> None:
    page.content.pop("output2", None)


def _missing_field(page: Page, argument: str) -> None:
    for row in _tables(page):
        row.pop(argument, None)


def _bad_field(page: Page, argument: str) -> None:
    key, _, value = argument.partition("=")
    for row in _tables(page):
        if key in row:
            row[key] = value


def _extra_field(page: Page, argument: str) -> None:
    key, _, value = argument.partition("=")
    for row in (*(page.content.get("output1") or ()), *(page.content.get("output2") or ())):
        row[key] = value


def _drop_row(page: Page, _argument: str) -> None:
    page.content["output1"] = (page.content.get("output1") or [])[:-1]


def _repeat_cursor(page: Page, _argument: str) -> None:
    page.tr_cont = "M"
    asked = page.asked if page.asked[1].strip() else _new_cursor(page)
    page.cursor = page.cursors.give(page.whose, asked, page.start)


def _endless(page: Page, _argument: str) -> None:
    following = 0 if page.tr_cont == "D" else page.stop
    page.tr_cont = "M"
    page.cursor = page.cursors.give(page.whose, _new_cursor(page), following)


def _new_cursor(page: Page) -> Cursor:
    rows = page.content.get("output1")
    last = rows[-1] if rows else {"pdno": "", "loan_dt": ""}
    return condition(page.parameters), position(last, next(_numbers))


def _ticking(page: Page, _argument: str) -> None:
    by_stock = page.parameters["INQR_DVSN"] == "02"
    page.content["output1"] = page.account.holdings(page.start, page.stop, by_stock=by_stock, ticks=1)
    if page.content.get("output2"):
        page.content["output2"] = [page.account.summary(page.start, page.stop, ticks=1)]


_SPOILERS: dict[str, Callable[[Page, str], None]] = {
    "null_outputs": _null_outputs,
    "no_output2": _no_output2,
    "missing_field": _missing_field,
    "bad_field": _bad_field,
    "extra_field": _extra_field,
    "drop_row": _drop_row,
    "repeat_cursor": _repeat_cursor,
    "endless": _endless,
    "ticking": _ticking,
}
