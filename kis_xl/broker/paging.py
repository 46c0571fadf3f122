"""From pages to one account. The rules are few and none of them guesses:

- `tr_cont` F or M means more: the next call carries `N` and both cursors exactly as they came. D, E or a blank mark
  means the end. A non-empty CTX_AREA_FK100 means nothing: real accounts keep one on the last page.
- A cursor that comes a second time, a page that announces more without one, a mark that is not known, or too many
  pages: an error. Rows read so far are never passed on as the account.
- `output2` is repeated on every page and taken once, from the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from kis_xl.broker.answers import Answer
from kis_xl.errors import DataError, IncompleteError
from kis_xl.fields import RESPONSE_BODY, Holding, Summary
from kis_xl.language import Text
from kis_xl.parsing import Extra, read_holdings, read_summary

_MORE: Final = ("F", "M")
_END: Final = ("D", "E", "")
_BODY_KEYS: Final = frozenset(entry.key for entry in RESPONSE_BODY)
_AGAIN: Final = Text(
    "다시 조회하세요. 일부만 읽은 잔고는 보여 주지 않습니다.", "Ask again. Rows read so far are not shown: they are not the whole account."
)


@dataclass(frozen=True)
class Progress:
    """How far a fetch has come: pages and rows read so far. How many there will be the service does not tell."""

    pages: int
    rows: int


@dataclass
class Pages:
    """The pages of one inquiry, gathered one by one."""

    max_pages: int
    holdings: list[Holding] = field(default_factory=list)
    summary: Summary | None = None
    extras: list[Extra] = field(default_factory=list)
    pages: int = 0
    as_of: datetime | None = None
    message: str = ""
    _seen: set[tuple[str, str]] = field(default_factory=lambda: {("", "")})
    _contents: set[tuple[Holding, ...]] = field(default_factory=set)
    _again: bool = False

    def add(self, answer: Answer) -> tuple[str, str] | None:
        """Take a page in; the cursors (FK100, NK100) of the next one, None after the last."""
        body = answer.body
        self.pages += 1
        rows = self._member(body, "output1")
        totals = self._member(body, "output2")
        if self.pages == 1:
            self.as_of = answer.sent
            self._take_summary(rows, totals)
        holdings, extras = read_holdings(rows, first=len(self.holdings) + 1)
        self._again = self._again or (bool(holdings) and tuple(holdings) in self._contents)
        self._contents.add(tuple(holdings))
        self.holdings += holdings
        self.extras += extras
        self.extras += [Extra("body", self.pages, key, value) for key, value in body.items() if key not in _BODY_KEYS]
        self.message = " ".join(str(body.get(key, "")).strip() for key in ("msg_cd", "msg1"))
        return self._next(answer.tr_cont.strip().upper(), body)

    def _take_summary(self, rows: list[Any], totals: list[Any]) -> None:
        if len(totals) == 1:
            self.summary, extras = read_summary(totals[0])
            self.extras += extras
        elif totals:
            raise self._wrong(Text(f"output2 에 행이 {len(totals)}개 있습니다", f"output2 holds {len(totals)} rows instead of one"))
        elif rows:
            raise self._wrong(Text("보유종목은 있는데 계좌 합계(output2)가 없습니다", "there are holdings but no totals (output2)"))

    def _member(self, body: Mapping[str, Any], key: str) -> list[Any]:
        value = body.get(key)
        if not isinstance(value, list):
            raise self._wrong(Text(f"{key} 배열이 없습니다", f"{key} is missing or not an array"))
        return value

    def _next(self, mark: str, body: Mapping[str, Any]) -> tuple[str, str] | None:
        cursors = (body.get("ctx_area_fk100") or "", body.get("ctx_area_nk100") or "")
        if not all(isinstance(cursor, str) for cursor in cursors):
            raise self._wrong(Text("연속조회 키가 문자열이 아닙니다", "a cursor is not a text"))
        if mark in _END:
            if mark == "" and cursors[1].strip():
                # no mark, but a key for a next page: a proxy may have dropped the header, so this may not be the end
                raise self._broken(Text("tr_cont 없이 다음 페이지 키가 왔습니다", "there is a key for a next page but no tr_cont"))
            if self._again:
                raise self._broken(Text("똑같은 페이지가 두 번 왔습니다", "a page came twice with the same rows"))
            return None
        if mark not in _MORE:
            raise self._broken(Text(f"알 수 없는 tr_cont 값입니다: {mark[:8]!r}", f"tr_cont is {mark[:8]!r}, which is not known"))
        if not any(cursor.strip() for cursor in cursors):
            raise self._broken(Text("다음 페이지가 있다면서 연속조회 키가 비어 있습니다", "more pages are announced without a cursor"))
        if cursors in self._seen:
            raise self._broken(Text("같은 연속조회 키가 되풀이됩니다", "a cursor is repeated"))
        if self.pages >= self.max_pages:
            raise self._broken(Text(f"페이지가 {self.max_pages}개를 넘습니다", f"there are more than {self.max_pages} pages"))
        self._seen.add(cursors)
        return cursors

    def _broken(self, fault: Text) -> IncompleteError:
        return IncompleteError(*self._where(fault))

    def _wrong(self, fault: Text) -> DataError:
        return DataError(*self._where(fault))

    def _where(self, fault: Text) -> tuple[Text, Text]:
        return Text(f"{self.pages}번째 페이지: {fault.ko}.", f"page {self.pages}: {fault.en}"), _AGAIN


ProgressCallback = Callable[[Progress], None]
