"""What cells pass in and what they get: arguments, options, values, number formats."""

from __future__ import annotations

import itertools
import string
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kis_xl import kst
from kis_xl.accounts import CHOOSABLE
from kis_xl.changes import TABLE_FIELDS
from kis_xl.errors import AccountError, ArgumentError, DataError, KisError, OutputError
from kis_xl.excel import arguments, failures, formats, options, values
from kis_xl.excel.arguments import HOLDING_NAMES, SUMMARY_NAMES, Names
from kis_xl.excel.options import NO_OPTIONS, Options
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Kind, by_key
from kis_xl.language import Text
from kis_xl.redaction import register

NAME = Text("인수", "argument")
BLANKS: list[Any] = [None, "", "  ", "\t\n", [], (), [[]], [None], [["", None], (" ", None)]]
HOLDING, SUMMARY = by_key(HOLDING_FIELDS), by_key(SUMMARY_FIELDS)


def units(text: str) -> int:
    """The length of a text as Excel counts it."""
    return len(text.encode("utf-16-le")) // 2


# single values


@pytest.mark.parametrize("blank", BLANKS, ids=repr)
def test_blank_means_the_default_everywhere(blank: Any) -> None:
    assert arguments.text(blank, NAME) == ""
    assert arguments.headers(blank) == 1
    assert arguments.day(blank, NAME) is None
    assert HOLDING_NAMES.places(blank) == tuple(range(26))
    assert SUMMARY_NAMES.places(blank) == tuple(range(24))
    assert options.read(blank) is NO_OPTIONS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5930.0, "5930"),
        (5930, "5930"),
        ("005930", "005930"),
        (0.5, "0.5"),
        (" a b ", "a b"),
        ([["x"]], "x"),
        (((None, "x"),), "x"),
        (1e15, "1000000000000000"),
    ],
)
def test_a_number_is_the_text_that_the_user_sees(value: Any, text: str) -> None:
    assert arguments.text(value, NAME) == text


def test_several_values_where_one_is_wanted_are_refused_with_the_arguments_name() -> None:
    with pytest.raises(ArgumentError) as caught:
        arguments.text([["a", None], ["b", ""]], NAME)
    assert "argument takes one value and got 2" in caught.value.what.en
    assert "인수" in caught.value.what.ko
    assert caught.value.hint.ko
    assert caught.value.hint.en


@pytest.mark.parametrize(
    ("value", "number"),
    [(0, 0), (0.0, 0), (1.0, 1), (2, 2), ("0", 0), ("1", 1), (" 2 ", 2), (True, 1), (False, 0), ("TRUE", 1), ("false", 0), ([[2.0]], 2)],
)
def test_headers(value: Any, number: int) -> None:
    assert arguments.headers(value) == number


@pytest.mark.parametrize("value", [3, -1, 1.5, "yes", "1 2", "０", [[0, 1]], float("nan"), float("inf")])
def test_headers_that_are_none(value: Any) -> None:
    with pytest.raises(ArgumentError, match="headers"):
        arguments.headers(value)


DAY = date(2026, 11, 23)
DAYS: list[Any] = [
    DAY, datetime(2026, 11, 23, 23, 59), datetime(2026, 11, 23, tzinfo=kst.KST), 46349.0, 46349, 46349.75, 20261123.0, 20261123,  # noqa: DTZ001
    "2026-11-23", "2026/11/23", "2026.11.23", "2026. 11. 23.", "20261123", " 2026-11-23 ", "2026년 11월 23일",
    "2026년11월23일", [[46349.0]], (("", "2026-11-23"),),
]  # fmt: skip


@pytest.mark.parametrize("value", DAYS, ids=repr)
def test_a_day(value: Any) -> None:
    assert arguments.day(value, NAME) == DAY


@pytest.mark.parametrize(
    "value",
    ["today", "2026-13-01", "2026-02-30", "11-23", "2026", 0, -5.0, 0.5, 2_958_466, 1e300, float("nan"), float("inf"), True,
     "20261332", "2026-11",
     202611.5e3, "1-1-1", [["2026-11-23", "2026-11-24"]], "9" * 400, "２０２６-11-2x", "2026111", "2026 11 23", "46349"],
    ids=repr,
)  # fmt: skip
def test_what_is_no_day_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match="argument is no date"):
        arguments.day(value, NAME)


def test_a_month_without_separators_is_not_taken_for_a_day() -> None:
    """202611 is the serial number of a day in 2454, and "2026-11" is none: neither is the 1st of January 2026."""
    assert arguments.day(202611, NAME) == date(1899, 12, 30) + timedelta(days=202611)


@settings(deadline=None)
@given(st.dates(date(1900, 3, 1), date(9999, 12, 31)), st.floats(0, 0.999))
def test_any_day_is_read_in_each_of_its_forms(day: date, part: float) -> None:
    serial = (day - date(1899, 12, 30)).days
    midnight = datetime(day.year, day.month, day.day, 12)  # noqa: DTZ001 (a cell knows no zone)
    for form in (day, midnight, float(serial), serial + part * 0.99, day.isoformat(), f"{day:%Y%m%d}", f"{day.year}.{day.month}.{day.day}"):
        assume(not isinstance(form, float) or form <= 2_958_465)
        assert arguments.day(form, NAME) == day


@settings(deadline=None)
@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.lists(st.lists(st.none() | st.text() | st.floats()))))
def test_no_argument_crashes_a_reader(value: Any) -> None:
    readers: list[Any] = [
        lambda: arguments.text(value, NAME), lambda: arguments.headers(value), lambda: arguments.day(value, NAME),
        lambda: HOLDING_NAMES.places(value), lambda: options.read(value), lambda: arguments.line(value),
    ]  # fmt: skip
    readers += [lambda cell=cell: arguments.spellings(cell) for cell in arguments.line(value).values]
    readers += [lambda cell=cell: SUMMARY_NAMES.place(cell) for cell in arguments.line(value).values]
    for read in readers:
        try:
            read()
        except ArgumentError as error:
            assert error.what.ko  # noqa: PT017
            assert error.what.en  # noqa: PT017


# codes


@pytest.mark.parametrize(
    ("value", "first"),
    [(5930.0, "005930"), ("5930", "005930"), ("005930", "005930"), ("A005930", "005930"), ("a005930", "005930"), (" 005930 ", "005930"),
     (660, "000660"), ("0005A0", "0005A0"), ("0005a0", "0005A0"), ("A0005A0", "0005A0"), ("00088K", "00088K"), ("Q500019", "Q500019"),
     (500019.0, "500019"),
     ("KR7005930003", "KR7005930003"), ("J123456", "J123456"), (0, "000000")],
)  # fmt: skip
def test_a_code_however_written(value: Any, first: str) -> None:
    assert arguments.spellings(value)[0] == first


def test_a_code_with_and_without_its_letter_is_the_same_stock() -> None:
    assert "Q500019" in arguments.spellings(500019.0)
    assert "500019" in arguments.spellings("Q500019")
    assert "A005930" in arguments.spellings("005930")


@pytest.mark.parametrize("value", [None, "", "삼성전자", "00593O!", "5930.5", 5930.5, -5930.0, "0" * 13, "005 930", 1e300], ids=repr)
def test_what_is_no_code_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError, match="not a stock code"):
        arguments.spellings(value)


def test_ranges_keep_their_shape_and_their_blanks() -> None:
    def line(value: Any) -> tuple[tuple[Any, ...], bool, bool]:
        found = arguments.line(value)
        return found.values, found.is_row, found.is_single

    assert line("x") == (("x",), False, True)
    assert line(None) == ((None,), False, True)
    assert line([["x"]]) == (("x",), False, True)
    assert line(["x", None, "y"]) == (("x", None, "y"), True, False)  # xlwings passes a row so
    assert line([["x", None, "y"]]) == (("x", None, "y"), True, False)
    assert line([["x"], [None], ["y"]]) == (("x", None, "y"), False, False)
    assert line((("x",), (None,))) == (("x", None), False, False)  # COM passes tuples
    assert line([["a", "b"], ["c", "d"]]) == (("a", "b", "c", "d"), False, False)
    assert line([]) == ((None,), False, True)


# fields


@pytest.mark.parametrize("table", [HOLDING_NAMES, SUMMARY_NAMES], ids=["holdings", "summary"])
def test_every_field_is_found_by_each_of_its_names_in_any_case_and_spacing(table: Names) -> None:
    for place, field in enumerate(table.fields):
        for name in (field.key, field.ko, field.en):
            for written in (name, name.upper(), name.lower(), f"  {name} ", name.replace(" ", ""), name.replace(" ", "  ")):
                assert table.place(written) == place, written


NAMES = st.sampled_from(range(26)).flatmap(
    lambda place: st.sampled_from([HOLDING_FIELDS[place].key, HOLDING_FIELDS[place].ko, HOLDING_FIELDS[place].en.upper()]).map(
        lambda name: (place, name)
    )
)


@settings(deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=8), st.data())
def test_any_fields_come_back_in_the_order_asked(asked: list[tuple[int, str]], data: st.DataObject) -> None:
    wanted = tuple(place for place, _ in asked)
    names = [name for _, name in asked]
    blank = data.draw(st.sampled_from([None, "", " "]))
    separator = data.draw(st.sampled_from([",", ";", ", ", " ;\n", "\n"]))
    for form in (
        separator.join(names),
        separator.join(names) + separator,
        names,
        [names],
        [[name] for name in names],
        [[blank], *[[name] for name in names], [blank]],
    ):
        assert HOLDING_NAMES.places(form) == wanted
    assert HOLDING_NAMES.places([separator.join(names), names]) == wanted * 2


def test_an_unknown_field_is_refused_with_its_nearest() -> None:
    with pytest.raises(ArgumentError, match="there is no field 'evlu_amnt'") as caught:
        HOLDING_NAMES.places(["pdno", "evlu_amnt"])
    assert "evlu_amt (Valuation)" in caught.value.hint.en
    assert "evlu_amt (평가금액)" in caught.value.hint.ko
    with pytest.raises(ArgumentError) as caught:
        HOLDING_NAMES.place("평가금")
    assert "evlu_amt" in caught.value.hint.ko
    with pytest.raises(ArgumentError) as caught:
        HOLDING_NAMES.place("zzzzzz")
    assert "KIS_FIELDS" in caught.value.hint.en
    with pytest.raises(ArgumentError):
        HOLDING_NAMES.places("tot_evlu_amt")  # a field of the other table


def test_the_memory_of_names_is_bounded() -> None:
    names = Names(HOLDING_FIELDS)
    for chosen in itertools.islice(itertools.product(range(26), repeat=3), 3_000):
        names.places([HOLDING_FIELDS[place].key for place in chosen])
    assert len(names._seen) < 1_000


# options


def test_options_are_read_whatever_their_case_order_and_spacing() -> None:
    written = "AFHR_FLPR_YN = x ; sort=-평가금액;TOP=3; by=Stock;Zero=HIDE;prcs_dvsn=01;;"
    assert options.read(written) == Options(
        by_stock=True, hide_zero=True, sort=HOLDING_NAMES.place("evlu_amt"), descending=True, top=3,
        parameters=(("AFHR_FLPR_YN", "X"), ("PRCS_DVSN", "01")),
    )  # fmt: skip
    assert options.read([["by=stock"], [None], ["top=3"]]) == Options(by_stock=True, top=3)
    assert options.read("sort=+pdno") == Options(sort=0)


CHOICES = [(key, choice) for key, field in CHOOSABLE.items() for choice in field.choices]


@settings(deadline=None)
@given(
    st.booleans(),
    st.booleans(),
    st.none() | st.integers(0, 25),
    st.booleans(),
    st.none() | st.integers(1, 10**6),
    st.lists(st.sampled_from(CHOICES)),
    st.randoms(),
)
def test_options_come_back_as_they_were_written(
    by: bool, zero: bool, sort: int | None, down: bool, top: int | None, chosen: list[Any], random: Any
) -> None:
    down = down and sort is not None
    wanted = Options(by, zero, sort, down, top, tuple(sorted(dict(chosen).items())))
    pairs = [f"by={'stock' if by else 'row'}", f"zero={'hide' if zero else 'show'}"]
    pairs += [f"sort={'-' if down else ''}{HOLDING_FIELDS[sort].en}"] if sort is not None else []
    pairs += [f"top={top}"] if top is not None else []
    pairs += [f"{key.lower()}={value}" for key, value in dict(chosen).items()]
    random.shuffle(pairs)
    assert options.read(" ; ".join(pairs)) == wanted
    assert options.read([[pair] for pair in pairs]) == wanted


WRONG_OPTIONS = {
    "by": ("by=rows", "by=row | stock"),
    "by blank": ("by=", "by=row | stock"),
    "zero": ("top=3;zero=no", "zero=show | hide"),
    "top 0": ("top=0", "top=1, 2, 3"),
    "top -1": ("top=-1", "top=1, 2, 3"),
    "top 1.5": ("top=1.5", "top=1, 2, 3"),
    "top endless": ("top=" + "9" * 5_000, "top=1, 2, 3"),
    "sort": ("sort=-evlu_amnt", "evlu_amt"),
    "sort blank": ("sort=-", "KIS_FIELDS"),
    "name": ("colour=red", "by, zero, sort, top, AFHR_FLPR_YN"),
    "account": ("CANO=12345678", "by, zero, sort, top"),
    "cursor": ("CTX_AREA_FK100=x", "by, zero, sort, top"),
    "no pair": ("stock", "INQR_DVSN=01"),
    "no name": ("=stock", "INQR_DVSN=01"),
    "value": ("INQR_DVSN=03", "01 (loan date), 02 (stock)"),
    "too long": ("OFL_YN=YES", "up to 1 characters"),
    "a number": (5, "INQR_DVSN=01"),
}


@pytest.mark.parametrize(("written", "allowed"), WRONG_OPTIONS.values(), ids=WRONG_OPTIONS.keys())
def test_a_wrong_option_is_named_with_what_is_allowed(written: Any, allowed: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        options.read(written)
    assert allowed in caught.value.hint.en
    assert caught.value.hint.ko
    key = str(written).rpartition(";")[2].partition("=")[0]
    assert key.lstrip("-") in caught.value.what.en


def test_no_account_number_comes_back_from_a_wrong_option() -> None:
    register("73915826", "7391****")
    for written in ("73915826", "account=73915826-01", "by=73915826", "top=7391582601x"):
        with pytest.raises(ArgumentError) as caught:
            options.read(written)
        assert "73915826" not in str(caught.value) + caught.value.hint.en


# what a cell gets


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=700) | st.text("가😀x", min_size=100, max_size=600))
def test_any_text_is_clipped_to_what_excel_takes(text: str) -> None:
    cut = values.clipped(text)
    assert units(cut) <= 255
    if units(text) <= 255:
        assert cut == text
    else:
        assert cut.endswith("…")
        assert text.startswith(cut[:-1])
        assert units(cut) >= 254  # no more is lost than must be


@pytest.mark.parametrize("length", [1, 127, 128, 254, 255, 256, 257, 300, 511, 10_000])
@pytest.mark.parametrize("letter", ["x", "가", "😀", "…"])
def test_every_length_is_clipped(length: int, letter: str) -> None:
    cut = values.clipped(letter * length)
    assert units(cut) <= 255
    assert (cut == letter * length) == (units(letter * length) <= 255)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_text_from_outside_looks_like_an_error_or_breaks_a_cell(text: str) -> None:
    for given_text in (text, values.MARK + text, f"{values.MARK} ARGUMENT: {text}"):
        cell = values.of_text(given_text)
        assert isinstance(cell, str)
        assert not cell.startswith(values.MARK)
        assert units(cell) <= 255
        assert "\x00" not in cell


def test_a_text_that_looks_like_an_error_keeps_its_length_within_bounds() -> None:
    """Moved by a blank, a text of 255 is one too long; and pairs count twice."""
    assert units(values.of_text(values.MARK + "😀" * 125)) <= 255
    assert values.of_text("#KIS! x") == " #KIS! x"
    assert values.of_text("#kis!") == "#kis!"


@pytest.mark.parametrize(
    ("value", "cell"),
    [(None, ""), ("a", "a"), (True, True), (False, False), (7, 7.0), (10**31, 1e31), (Decimal("198600.0000"), 198600.0), (1.5, 1.5),
     (float("nan"), ""), (float("inf"), ""), (Decimal("NaN"), ""), (date(2026, 1, 2), datetime(2026, 1, 2)), (date(1, 1, 1), "0001-01-01"),  # noqa: DTZ001
     (date(1899, 12, 31), "1899-12-31"), (datetime(2026, 1, 2, 3, 4, 5, 678), datetime(2026, 1, 2, 3, 4, 5)),  # noqa: DTZ001
     (datetime(2026, 1, 2, 15, tzinfo=UTC), datetime(2026, 1, 3))],  # noqa: DTZ001
)  # fmt: skip
def test_a_value_as_a_cell(value: Any, cell: Any) -> None:
    got = values.of_any(value)
    assert (got, type(got)) == (cell, type(cell))
    if isinstance(got, datetime):
        assert got.tzinfo is None


def test_what_is_no_value_is_a_bug() -> None:
    with pytest.raises(TypeError, match="no cell"):
        values.of_any(object())


SAMPLES: dict[Kind, tuple[object, values.Cell]] = {
    Kind.CODE: ("005930", "005930"),
    Kind.TEXT: ("삼성전자", "삼성전자"),
    Kind.FLAG: ("Y", "Y"),
    Kind.DATE: (date(2026, 1, 2), datetime(2026, 1, 2)),  # noqa: DTZ001
    Kind.QUANTITY: (2**40, float(2**40)),
    Kind.WON: (-6725, -6725.0),
    Kind.UNIT_PRICE: (Decimal("4482.1420"), 4482.142),
    Kind.PERCENT: (Decimal("8.51"), 0.0851),
}


@pytest.mark.parametrize("field", [*HOLDING_FIELDS, *SUMMARY_FIELDS, *TABLE_FIELDS], ids=lambda field: field.key)
def test_every_field_has_a_cell_of_its_kind(field: Field) -> None:
    value, cell = SAMPLES[field.kind]
    got = values.of_field(field, value)
    assert (got, type(got)) == (cell, type(cell))
    assert values.of_field(field, None) == ""


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=8))
def test_a_rate_is_the_true_fraction(rate: Decimal) -> None:
    assert values.of_field(HOLDING["evlu_pfls_rt"], rate) == float(rate / 100)


# errors in cells


@example("가" * 400, "", DataError)
@example("x" * 200, "😀" * 100, ArgumentError)
@settings(deadline=None)
@given(st.text(max_size=400), st.text(max_size=400), st.sampled_from([ArgumentError, AccountError, DataError, OutputError, KisError]))
def test_any_error_is_one_short_marked_line(what: str, hint: str, kind: type[KisError]) -> None:
    for language in ("ko", "en"):
        cell = failures.cell(kind(Text(what, what), Text(hint, hint)), "ko" if language == "ko" else "en")
        assert units(cell) <= 255
        assert "\n" not in cell
        code, _, _ = cell.removeprefix("#KIS! ").partition(":")
        assert code in ("AUTH", "RATE", "NETWORK", "DATA", "ACCOUNT", "ARGUMENT", "CONFIG", "INTERNAL")


def test_a_secret_that_the_cut_goes_through_is_hidden_all_the_same() -> None:
    secret = "planted-app-secret-0001"
    error = DataError(Text("x" * 228, "x" * 228), Text(secret, secret))
    register(secret)  # known only after the error was made
    assert "plan" not in failures.cell(error, "en")


# number formats


@pytest.mark.parametrize("table", [HOLDING_FIELDS, SUMMARY_FIELDS, TABLE_FIELDS], ids=["holdings", "account", "changes"])
def test_a_caption_of_any_table_gets_its_fields_format(table: tuple[Field, ...]) -> None:
    for field in table:
        wanted = formats.number_format(field)
        for name in (field.key, field.ko, field.en, field.en.upper(), field.ko.replace(" ", "")):
            assert formats.for_caption(name) == wanted, (name, field.key)
        assert ("%" in wanted) == (field.kind is Kind.PERCENT)
        assert (wanted == "") == (field.kind.python_type is str)
        assert (wanted == formats.DAY) == (field.kind is Kind.DATE)


def test_gains_are_red_and_losses_blue_where_a_sign_means_that() -> None:
    for key in ("evlu_pfls_amt", "evlu_pfls_rt", "fltt_rt"):
        assert formats.number_format(HOLDING[key]).startswith("[Red]")
        assert "[Blue]-" in formats.number_format(HOLDING[key])
    for key in ("evlu_amt", "hldg_qty", "bfdy_cprs_icdc", "prpr"):  # the last but one is sent unsigned at times
        assert "[" not in formats.number_format(HOLDING[key])
    assert "[Red]" in formats.number_format(SUMMARY["asst_icdc_amt"])


def test_formats_are_excels_own_and_none_is_text() -> None:
    known = formats.all_formats()
    assert len(known) == len(set(known)) > 4
    for wanted in known:
        assert wanted != "@"  # a formula in such a cell turns into text when it is edited
        assert "\n" not in wanted
        assert set(wanted) <= set(string.ascii_letters + "0#,.%;-[]: @")
    assert formats.for_caption("nothing of ours") == formats.for_caption("") == ""
