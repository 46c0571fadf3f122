"""From JSON strings to typed rows: digits as given, and nothing guessed."""

from __future__ import annotations

import dataclasses
import logging
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kis_xl.errors import DataError, FieldError
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Kind
from kis_xl.parsing import Extra, read_holdings, read_summary
from tests.rows import holding_row, summary_row

INTEGERS = st.integers(-(10**18), 10**18)
DATES = st.dates(date(1990, 1, 1), date(2100, 1, 1))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
CODES = st.from_regex(r"[0-9A-Z]{6,9}", fullmatch=True)


def decimals(places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(-(10**9), 10**9, places=places, allow_nan=False, allow_infinity=False)


def value_of(field: Field) -> st.SearchStrategy[tuple[str, object]]:
    """What the service may send for `field`, and what it must become."""
    if field.kind is Kind.CODE:
        return CODES.map(lambda text: (text, text))
    if field.kind.python_type is str:
        return TEXTS.map(lambda text: (text, text.strip()))
    if field.kind.python_type is int:
        return INTEGERS.map(lambda number: (str(number), number))
    if field.kind is Kind.DATE:
        return st.one_of(st.just(("", None)), DATES.map(lambda day: (f"{day:%Y%m%d}" if day.year > 999 else "", day)))
    return decimals(field.decimals).map(lambda number: (f"{number:f}", number))


ROWS = st.tuples(*[value_of(field) for field in HOLDING_FIELDS])
TOTALS = st.tuples(*[value_of(field) for field in SUMMARY_FIELDS])


@given(ROWS)
def test_every_value_comes_back_as_it_was_sent(pairs: tuple[tuple[str, object], ...]) -> None:
    row = {field.key: text for field, (text, _) in zip(HOLDING_FIELDS, pairs, strict=True)}
    (holding,), extras = read_holdings([row])
    assert extras == []
    for field, (text, value) in zip(HOLDING_FIELDS, pairs, strict=True):
        read = getattr(holding, field.key)
        assert read == value
        if isinstance(read, Decimal):
            assert f"{read:f}" == text  # digit for digit


@given(TOTALS)
def test_totals_come_back_as_they_were_sent(pairs: tuple[tuple[str, object], ...]) -> None:
    row = {field.key: text for field, (text, _) in zip(SUMMARY_FIELDS, pairs, strict=True)}
    summary, extras = read_summary(row)
    assert extras == []
    assert list(dataclasses.astuple(summary)) == [value for _, value in pairs]


NUMBERS = [field for field in HOLDING_FIELDS if field.kind in (Kind.QUANTITY, Kind.WON, Kind.UNIT_PRICE, Kind.PERCENT)]
NO_NUMBERS = ["", " ", "abc", "1,000", "1e5", "NaN", "Infinity", "--1", "1_000", "１２３", "0x10", "1 2", "12\n", "1.2.3", "-"]


@given(st.sampled_from(NUMBERS), st.sampled_from(NO_NUMBERS), st.integers(0, 40))
def test_what_is_no_number_names_its_row_and_field(field: Field, wrong: str, before: int) -> None:
    rows = [holding_row()] * before + [holding_row(**{field.key: wrong})]
    with pytest.raises(FieldError) as caught:
        read_holdings(rows)
    assert (caught.value.section, caught.value.row, caught.value.field) == ("output1", before + 1, field.key)
    for language in ("ko", "en"):
        assert field.key in caught.value.message(language)
        assert str(before + 1) in caught.value.message(language)


@pytest.mark.parametrize("wrong", ["1.5", "12.0000"])
def test_an_amount_with_a_fraction_is_malformed(wrong: str) -> None:
    with pytest.raises(FieldError, match="prpr"):
        read_holdings([holding_row(prpr=wrong)])


@pytest.mark.parametrize("wrong", ["2024", "20241332", "2024-01-01", "20230229", "abcdefgh"])
def test_what_is_no_date_is_malformed(wrong: str) -> None:
    with pytest.raises(FieldError, match="loan_dt"):
        read_holdings([holding_row(loan_dt=wrong)])


@pytest.mark.parametrize("blank", ["", "        ", "00000000"])
def test_a_blank_date_is_none(blank: str) -> None:
    assert read_holdings([holding_row(expd_dt=blank)])[0][0].expd_dt is None


@pytest.mark.parametrize("field", HOLDING_FIELDS, ids=lambda field: field.key)
def test_a_missing_field_is_named(field: Field) -> None:
    row = holding_row()
    del row[field.key]
    with pytest.raises(FieldError) as caught:
        read_holdings([row], first=51)
    assert (caught.value.row, caught.value.field) == (51, field.key)


@pytest.mark.parametrize("field", SUMMARY_FIELDS, ids=lambda field: field.key)
def test_a_missing_total_is_named(field: Field) -> None:
    row = summary_row()
    del row[field.key]
    with pytest.raises(FieldError, match=field.key):
        read_summary(row)


@pytest.mark.parametrize("wrong", [None, 5, 1.5, ["1"], {"a": 1}, True])
def test_a_value_that_is_not_a_string_is_malformed(wrong: object) -> None:
    row: dict[str, object] = {**holding_row(), "hldg_qty": wrong}
    with pytest.raises(FieldError, match="hldg_qty"):
        read_holdings([row])


@pytest.mark.parametrize("wrong", [None, "row", 3, ["x"]])
def test_a_row_that_is_no_object_is_an_error(wrong: object) -> None:
    with pytest.raises(DataError, match="row 2"):
        read_holdings([holding_row(), wrong])


def test_a_code_keeps_its_zeros_and_letters_and_may_not_be_blank() -> None:
    codes = ["005930", "Q500001", "00104K", "000020"]
    assert [row.pdno for row in read_holdings([holding_row(pdno=code) for code in codes])[0]] == codes
    with pytest.raises(FieldError, match="pdno"):
        read_holdings([holding_row(pdno="  ")])


def test_unknown_fields_are_kept_aside() -> None:
    holdings, extras = read_holdings([holding_row(), holding_row(new_field="x")])
    assert len(holdings) == 2
    assert extras == [Extra("output1", 2, "new_field", "x")]
    assert read_summary(summary_row(other="y"))[1] == [Extra("output2", 1, "other", "y")]


def test_text_may_hold_anything(caplog: pytest.LogCaptureFixture) -> None:
    strange = "a\x1fb\n\"=1+1'"
    with caplog.at_level(logging.DEBUG):
        assert read_holdings([holding_row(prdt_name=strange)])[0][0].prdt_name == strange


def test_numbers_may_leave_out_the_nought_before_the_point() -> None:
    (row,), _ = read_holdings([holding_row(fltt_rt="-.29")])
    assert row.fltt_rt == Decimal("-0.29")
