"""From pages to one account: what ends it, what goes on, and what must never pass for the whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kis_xl import kst
from kis_xl.broker.answers import Answer
from kis_xl.broker.paging import Pages
from kis_xl.errors import DataError, FieldError, IncompleteError
from kis_xl.parsing import Extra
from tests.rows import holding_row, summary_row

FK_LAST = "12345678^01^N^N^01^01^N^".ljust(100)
BLANK = " " * 100
SENT = datetime(2026, 11, 20, 16, 0, tzinfo=kst.KST)


def page(mark: str, nk: str = "", rows: int = 2, fk: str = FK_LAST, **body: Any) -> Answer:
    content = {
        "rt_cd": "0",
        "msg_cd": "KIOK0510",
        "msg1": "조회되었습니다.      ",
        "ctx_area_fk100": fk,
        "ctx_area_nk100": nk,
        "output1": [holding_row(prdt_name=nk)] * rows,
        "output2": [summary_row(tot_evlu_amt="7")],
    }
    return Answer(content | body, mark, SENT)


@pytest.mark.parametrize("mark", ["D", "E", "d", "", " ", "E "])
def test_these_marks_end_though_the_condition_cursor_is_not_blank(mark: str) -> None:
    assert Pages(10).add(page(mark, BLANK)) is None


@pytest.mark.parametrize("mark", ["F", "M", "m", " F "])
def test_these_marks_go_on_with_both_cursors_unchanged(mark: str) -> None:
    nk = "N^00000A900270^300^00000000^00^".ljust(100)
    assert Pages(10).add(page(mark, nk)) == (FK_LAST, nk)


CURSORS = st.lists(st.text("0123456789^ AN", min_size=1, max_size=100).filter(str.strip), min_size=1, max_size=30, unique=True)


@given(CURSORS, st.sampled_from("FM"), st.sampled_from("DE"))
def test_all_pages_make_one_account(cursors: list[str], more: str, end: str) -> None:
    pages = Pages(100)
    for number, cursor in enumerate(cursors, 1):
        assert pages.add(page(more, cursor, rows=number)) == (FK_LAST, cursor)
    assert pages.add(page(end, BLANK, rows=1)) is None
    assert pages.pages == len(cursors) + 1
    assert len(pages.holdings) == sum(range(1, len(cursors) + 1)) + 1
    assert pages.summary is not None
    assert pages.summary.tot_evlu_amt == 7


@given(CURSORS, st.data())
def test_a_cursor_that_comes_again_is_an_error(cursors: list[str], data: st.DataObject) -> None:
    pages = Pages(100)
    for cursor in cursors:
        pages.add(page("M", cursor))
    with pytest.raises(IncompleteError, match="repeated"):
        pages.add(page("M", data.draw(st.sampled_from(cursors))))


def test_more_without_a_cursor_is_an_error() -> None:
    with pytest.raises(IncompleteError, match="without a cursor"):
        Pages(10).add(page("M", BLANK, fk=BLANK))


def test_a_missing_mark_with_a_key_for_a_next_page_is_not_taken_for_the_end() -> None:
    with pytest.raises(IncompleteError, match="no tr_cont"):
        Pages(10).add(page("", "N^0001^"))


def test_an_unknown_mark_is_an_error() -> None:
    with pytest.raises(IncompleteError, match="'Z'"):
        Pages(10).add(page("Z", BLANK))


def test_pages_without_end_are_an_error() -> None:
    pages = Pages(3)
    for number in range(2):
        pages.add(page("M", f"N^{number}"))
    with pytest.raises(IncompleteError, match="more than 3 pages"):
        pages.add(page("M", "N^2"))


@pytest.mark.parametrize("key", ["output1", "output2"])
@pytest.mark.parametrize("value", [None, {}, "", 5])
def test_a_missing_array_is_not_an_empty_account(key: str, value: object) -> None:
    with pytest.raises(DataError, match=key):
        Pages(10).add(page("D", BLANK, **{key: value}))  # type: ignore[arg-type]


def test_holdings_without_totals_are_an_error() -> None:
    with pytest.raises(DataError, match="no totals"):
        Pages(10).add(page("D", BLANK, output2=[]))


def test_two_rows_of_totals_are_an_error() -> None:
    with pytest.raises(DataError, match="2 rows"):
        Pages(10).add(page("D", BLANK, output2=[summary_row()] * 2))


def test_an_empty_account_is_one() -> None:
    pages = Pages(10)
    assert pages.add(page("", BLANK, rows=0, output2=[])) is None
    assert (pages.holdings, pages.summary) == ([], None)


def test_totals_are_taken_once_from_the_first_page() -> None:
    pages = Pages(10)
    pages.add(page("M", "N^1"))
    pages.add(page("D", BLANK, output2=[summary_row(tot_evlu_amt="8")]))
    assert pages.summary is not None
    assert pages.summary.tot_evlu_amt == 7


def test_rows_are_numbered_through_all_pages() -> None:
    pages = Pages(10)
    pages.add(page("M", "N^1", rows=50))
    with pytest.raises(FieldError) as caught:
        pages.add(page("D", BLANK, output1=[holding_row(), holding_row(prpr="x")]))
    assert caught.value.row == 52


def test_members_beyond_the_document_are_kept_aside() -> None:
    pages = Pages(10)
    pages.add(page("D", BLANK, output3=[1]))
    assert pages.extras == [Extra("body", 1, "output3", [1])]


@pytest.mark.parametrize("cursor", [5, ["x"], {"a": 1}])
def test_a_cursor_that_is_no_text_is_an_error(cursor: object) -> None:
    with pytest.raises(DataError, match="cursor"):
        Pages(10).add(page("M", ctx_area_nk100=cursor))
