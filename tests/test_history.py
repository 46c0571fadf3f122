"""The stored history: what goes in comes out digit for digit, from a file and from a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kis_xl import kst
from kis_xl.accounts import AccountNumber
from kis_xl.errors import ArgumentError
from kis_xl.fields import HOLDING_FIELDS, Environment, Holding, Kind
from kis_xl.history import AccountKey, Day, History, Pruned, Rule, Source, Stored
from tests.broker_kit import broker_for, demo_account, simulated
from tests.history_kit import AS_OF, DAY, HOLDING, KEY, SUMMARY, TOTALS, account, at, balance, demo, python, said, worth
from tests.rows import holding_row, summary_row

# what is kept


def test_a_fetched_account_comes_back_as_it_was(history: History, tmp_path: Path) -> None:
    with simulated(demo_account(rows=70)) as running, broker_for(running, tmp_path) as broker:
        fetched = broker.balance()
        key = AccountKey.of(broker._account)
    assert AccountKey.of(fetched) == key
    assert history.store(fetched) is True
    assert history.on_or_before(key, fetched.as_of.date()) == Stored(fetched.as_of, fetched.holdings, fetched.summary)


def test_once_per_account_and_time(history: History) -> None:
    assert history.store(balance()) is True
    assert history.store(balance()) is False
    assert history.store(balance(rows=[])) is False  # the first stays
    assert history.store(balance(AS_OF.astimezone(UTC))) is False
    assert history.store(balance(AS_OF + timedelta(microseconds=1))) is True
    stored = history.on_or_before(KEY, DAY)
    assert stored is not None
    assert len(stored.holdings) == 1


OTHERS: dict[str, dict[str, Any]] = {
    "number": {"account": AccountNumber.parse("87651235-22")},
    "product": {"account": AccountNumber.parse("87651234-01")},
    "environment": {"environment": Environment.MOCK},
    "host": {"host": "http://127.0.0.1:9443"},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_another_account_has_a_history_of_its_own(history: History, other: dict[str, Any]) -> None:
    history.store(balance())
    theirs = balance(AS_OF + timedelta(days=1), **other)
    assert history.days(AccountKey.of(theirs)) == []
    assert history.store(theirs) is True
    assert history.store(replace(theirs, as_of=AS_OF)) is True
    assert history.days(KEY) == [DAY]
    assert history.series(KEY, SUMMARY["tot_evlu_amt"]) == [(DAY, 10010135)]
    assert len(history.days(AccountKey.of(theirs))) == 2


def test_a_key_is_the_same_from_a_balance_and_from_its_account() -> None:
    assert AccountKey.of(account()) == KEY
    assert (KEY.environment, KEY.host, KEY.masked) == ("real", Environment.REAL.host, "8765****-22")
    assert "87651234" not in repr(KEY)


LONGEST = "9" * 31
EXACT = {
    "pchs_avg_pric": ["198600.0000", "0.0000", "0.00000000", "-0.00", ".29", "5.", f"{LONGEST}.{LONGEST}", f"-.{'0' * 30}1"],
    "evlu_amt": ["0", "-1", str(2**63), str(-(2**63) - 1), "9" * 19, LONGEST, f"-{LONGEST}"],
    "prdt_name": ["", "삼성전자", "a'b\"c;--", "\U0001f600", "=1+1", "x" * 5000, "a\nb\tc"],
    "loan_dt": ["", "00000000", "20260102", "99991231", "00010101"],
}


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in EXACT.items() for text in texts])
def test_every_digit_is_kept(history: History, key: str, text: str) -> None:
    given = balance(rows=[holding_row(**{key: text})], totals=summary_row(tot_evlu_amt=text) if key == "evlu_amt" else TOTALS)
    history.store(given)
    stored = history.on_or_before(KEY, DAY)
    assert stored is not None
    before, after = getattr(given.holdings[0], key), getattr(stored.holdings[0], key)
    assert (type(after), repr(after)) == (type(before), repr(before))  # 1.0 == 1.00, but they are not written alike
    assert stored.summary == given.summary
    assert [repr(value) for _, value in history.series(KEY, HOLDING[key], code="005930")] == [repr(before)]


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=8)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.DATE: st.none() | st.dates(),
    Kind.QUANTITY: st.integers(-(10**31), 10**31),
    Kind.WON: st.integers(-(10**31), 10**31),
    Kind.UNIT_PRICE: NUMBERS,
    Kind.PERCENT: NUMBERS,
}
TIMES = (AS_OF + timedelta(days=days) for days in count())
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
ROWS = st.lists(st.builds(Holding, *[VALUES.get(field.kind, TEXTS) for field in HOLDING_FIELDS]), max_size=4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_any_rows_come_back_in_their_order(history: History, rows: list[Holding]) -> None:
    when = next(TIMES)
    assert history.store(replace(balance(when), holdings=tuple(rows)))
    stored = history.on_or_before(KEY, when.date())
    assert stored is not None
    assert repr(stored.holdings) == repr(tuple(rows))


@pytest.mark.parametrize("character", ["\x00", "\ud800"], ids=["NUL", "half a surrogate pair"])
def test_characters_that_no_database_holds_are_replaced(history: History, character: str) -> None:
    history.store(balance(rows=[holding_row(pdno=f"A{character}B", prdt_name=f"삼성{character}전자")]))
    stored = history.on_or_before(KEY, DAY)
    assert stored is not None
    assert stored.holdings[0].prdt_name == "삼성�전자"
    assert history.series(KEY, HOLDING["prdt_name"], code=f"A{character}B") == [(DAY, "삼성�전자")]


def test_an_account_with_nothing_in_it(history: History) -> None:
    history.store(balance(rows=[], totals=None))
    assert history.on_or_before(KEY, DAY) == Stored(AS_OF, (), None)
    assert history.days(KEY) == [DAY]
    assert history.series(KEY, SUMMARY["tot_evlu_amt"]) == []


# what is asked


def test_the_last_balance_of_each_day_counts(history: History) -> None:
    for when, amount in ((at(18), 3), (at(16, 9), 1), (at(16, 15), 2), (at(16, 11), 9), (at(20), 4)):
        history.store(balance(when, totals=worth(amount)))
    field = SUMMARY["tot_evlu_amt"]
    everything = [(date(2026, 11, 16), 2), (date(2026, 11, 18), 3), (date(2026, 11, 20), 4)]
    assert history.series(KEY, field, None, None) == everything
    assert history.series(KEY, field, date(2026, 11, 18), None) == everything[1:]
    assert history.series(KEY, field, None, date(2026, 11, 18)) == everything[:2]
    assert history.series(KEY, field, date(2026, 11, 17), date(2026, 11, 19)) == everything[1:2]
    assert history.series(KEY, field, date(2026, 11, 19), date(2026, 11, 18)) == []
    assert history.days(KEY) == [day for day, _ in everything]


def test_a_day_whose_last_balance_has_no_totals_is_a_gap(history: History) -> None:
    history.store(balance(at(16, 9), totals=worth(1)))
    history.store(balance(at(16, 15), totals=None))
    assert history.series(KEY, SUMMARY["tot_evlu_amt"]) == []


def test_on_or_before_takes_the_nearest_day_with_a_balance(history: History) -> None:
    for when in (at(18), at(16, 9), at(16, 15), at(16, 11)):
        history.store(balance(when))
    found = {day: history.on_or_before(KEY, date(2026, 11, day)) for day in (15, 16, 17, 18, 30)}
    assert found.pop(15) is None
    assert [stored and stored.as_of for stored in found.values()] == [at(16, 15), at(16, 15), at(18), at(18)]


def test_days_are_koreas(history: History) -> None:
    for hour, minute in ((14, 59), (15, 0)):  # midnight in Korea is 15:00 UTC
        history.store(balance(datetime(2026, 11, 19, hour, minute, tzinfo=UTC)))
    assert history.days(KEY) == [date(2026, 11, 19), date(2026, 11, 20)]
    stored = history.on_or_before(KEY, date(2026, 11, 20))
    assert stored is not None
    assert (stored.as_of, stored.as_of.tzinfo) == (datetime(2026, 11, 20, tzinfo=kst.KST), kst.KST)


def test_a_stocks_rows_are_joined_and_its_absence_is_a_gap(history: History) -> None:
    cash = holding_row(pdno="000660", trad_dvsn_name="현금", hldg_qty="3", pchs_amt="301", pchs_avg_pric="100.3333", evlu_amt="450")
    loan = holding_row(
        pdno="000660", trad_dvsn_name="자기융자", hldg_qty="2", pchs_amt="220", pchs_avg_pric="110.0000", evlu_amt="300", loan_dt="20260102"
    )
    sold = holding_row(pdno="000660", hldg_qty="0")
    days = ([cash, holding_row(), loan], [holding_row()], [loan], [sold])
    for day, rows in enumerate(days, 16):
        history.store(balance(at(day), rows))

    def series(key: str) -> list[tuple[int, Any]]:
        return [(day.day, value) for day, value in history.series(KEY, HOLDING[key], code="000660")]

    assert series("evlu_amt") == [(16, 750), (18, 300), (19, 0)]
    assert series("hldg_qty") == [(16, 5), (18, 2), (19, 0)]
    assert series("pchs_avg_pric") == [(16, Decimal("104.2000")), (18, Decimal("110.0000")), (19, Decimal("0.0000"))]
    assert series("trad_dvsn_name") == [(16, "현금 + 자기융자"), (18, "자기융자"), (19, "")]
    assert series("loan_dt") == [(16, None), (18, date(2026, 1, 2)), (19, None)]
    assert history.series(KEY, HOLDING["evlu_amt"], date(2026, 11, 18), date(2026, 11, 18), "000660") == [(date(2026, 11, 18), 300)]
    assert history.series(KEY, HOLDING["evlu_amt"], code="999999") == []


@pytest.mark.parametrize("field", HOLDING_FIELDS, ids=HOLDING)
def test_every_field_of_a_stock_agrees_with_the_by_stock_view(history: History, field: Any) -> None:
    given = demo(rows=12)
    history.store(given)
    for row in given.by_stock():
        assert [repr(value) for _, value in history.series(KEY, field, code=row.pdno)] == [repr(getattr(row, field.key))]


@pytest.mark.parametrize(("field", "code"), [(HOLDING["evlu_amt"], None), (SUMMARY["tot_evlu_amt"], "005930")])
def test_a_field_of_the_other_table_is_refused(history: History, field: Any, code: str | None) -> None:
    with pytest.raises(ArgumentError, match=field.key):
        history.series(KEY, field, None, None, code)


def test_a_history_that_never_was_is_empty(history: History, home: Path) -> None:
    assert history.days(KEY) == []
    assert history.on_or_before(KEY, DAY) is None
    assert history.series(KEY, SUMMARY["tot_evlu_amt"]) == history.series(KEY, HOLDING["evlu_amt"], code="005930") == []
    assert (history.accounts(), history.overview(KEY), list(history.walk(KEY))) == ([], [], [])
    assert history.prune(Rule(all_before=DAY)) == Pruned(0, 0)
    assert history.size() == 0
    history.compact()
    assert not home.exists()


def test_an_overview_tells_each_day_without_its_rows(history: History) -> None:
    history.store(balance(at(16, 9), totals=worth(1)))
    history.store(balance(at(16, 15), [holding_row(), holding_row(pdno="000660")], worth(2)))
    history.store(balance(at(18), [], None), source=Source.REPORT)
    first = Day(date(2026, 11, 16), at(16, 15), 2, 2, 2, Source.SERVICE, 2)
    second = Day(date(2026, 11, 18), at(18), 0, None, None, Source.REPORT, 1)
    assert history.overview(KEY) == [first, second]
    assert history.overview(KEY, date(2026, 11, 17), None) == [second]
    assert history.overview(KEY, None, date(2026, 11, 17)) == [first]


def test_a_walk_gives_the_last_balance_of_each_day(history: History) -> None:
    assert history.store(demo(at(1), rows=3))
    for day in range(2, 30):
        history.store(balance(at(day, 9), totals=worth(day)))
        history.store(balance(at(day, 15), [], worth(100 + day)))
    walked = list(history.walk(KEY))
    assert walked == [history.on_or_before(KEY, day) for day in history.days(KEY)]
    assert [stored.as_of for stored in history.walk(KEY, date(2026, 11, 3), date(2026, 11, 4))] == [at(3, 15), at(4, 15)]


def test_a_long_walk_is_one_of_many_steps(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    from kis_xl.history import records  # noqa: PLC0415 (the database library)

    monkeypatch.setattr(records, "_DAYS_AT_ONCE", 3)
    for day in range(1, 11):
        history.store(balance(at(day), totals=worth(day)))
    assert [stored.as_of.day for stored in history.walk(KEY)] == list(range(1, 11))


def test_every_account_is_listed_also_one_that_is_set_up_no_more(history: History) -> None:
    history.store(balance())
    theirs = balance(environment=Environment.MOCK, host="http://127.0.0.1:9443")
    history.store(theirs)
    assert set(history.accounts()) == {KEY, AccountKey.of(theirs)}
    assert KEY.fingerprint.startswith(KEY.letters)
    assert KEY.caption.en == "8765****-22 (real)"
    assert AccountKey.of(theirs).caption.en == "8765****-22 (mock, http://127.0.0.1:9443)"


def test_a_balance_of_a_report_is_the_one_of_the_same_second(history: History) -> None:
    history.store(balance(AS_OF))
    assert history.store(balance(AS_OF.replace(microsecond=0)), source=Source.REPORT) is False
    assert history.store(balance(AS_OF.replace(microsecond=0) + timedelta(seconds=1)), source=Source.REPORT) is True
    assert history.store(balance(AS_OF.replace(microsecond=0) + timedelta(seconds=1)), source=Source.REPORT) is False
    stored = history.on_or_before(KEY, DAY)
    assert stored is not None
    assert stored.source is Source.REPORT


ABROAD = """
import sys
from tests.history_kit import *
from datetime import UTC, timedelta
history = history_at(sys.argv[1])
for hours in range(48):
    history.store(balance(datetime(2026, 3, 7, 12, tzinfo=UTC) + timedelta(hours=hours), totals=worth(hours)))
print(history.days(KEY))
stored = history.on_or_before(KEY, date(2026, 3, 8))
print(stored.as_of, stored.summary.nass_amt)
history.close()
"""


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Seoul", "Pacific/Kiritimati", "Europe/London"])
def test_days_are_koreas_wherever_the_computer_is(place: str, zone: str) -> None:
    """New York puts its clocks forward on 8 March 2026."""
    days = ", ".join(f"datetime.date(2026, 3, {day})" for day in (7, 8, 9))
    assert said(python(ABROAD, place, TZ=zone)) == f"[{days}]\n2026-03-08 23:00:00+09:00 26\n"


def test_a_clock_that_goes_back_adds_an_earlier_time(history: History) -> None:
    assert history.store(balance(at(20), totals=worth(2)))
    assert history.store(balance(at(19), totals=worth(1)))
    assert history.store(balance(at(20, 15), totals=worth(3)))
    assert history.series(KEY, SUMMARY["nass_amt"]) == [(date(2026, 11, 19), 1), (date(2026, 11, 20), 2)]
