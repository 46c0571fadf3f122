"""What the overview, the changes and the history show, and a report over several accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kis_xl import kst
from kis_xl.accounts import AccountNumber
from kis_xl.changes import EFFECT_FIELDS, Change, Move, State, changes
from kis_xl.datafolder import DataFolder
from kis_xl.fields import HOLDING_FIELDS, Environment
from kis_xl.history import History
from kis_xl.parsing import read_holdings
from kis_xl.report import consolidated_name, write_consolidated, write_report
from kis_xl.report.past import DAILY_FIELDS, DEMO_PAST, NO_PAST, Past, read_past
from tests.history_kit import sql
from tests.report_kit import AS_OF, BEYOND, EARLIER, ROWS, TOTALS, balance, opened, pairs, past, stock, table_rows, texts
from tests.rows import summary_row

SECOND = AccountNumber.parse("11112222-01")


def report(tmp_path: Path, shown: Any = None, then: Past = NO_PAST, **more: Any) -> Any:
    return opened(write_report(shown or balance(), tmp_path / "r.xlsx", "en", then, **more))


# the changes


def test_what_the_price_did_and_what_the_quantity_did(tmp_path: Path) -> None:
    rows = {row[0]: row for row in table_rows(report(tmp_path, then=past()), "Changes")}
    assert {code: (row[2], row[5], row[8], *row[12:]) for code, row in rows.items()} == {
        "000660": ("kept", 0, 55_000, 55_000, 0, None),
        "005930": ("added", 10, 685_000, -27_000, 712_000, None),
        "Q500001": ("reduced", -20, -223_600, 5_000, -228_600, None),
        "035720": ("closed", -35, -1_263_500, 0, -1_263_500, None),
        "009150": ("kept", 0, -2_277_000, None, None, "no price"),
    }
    assert list(rows)[:2] == ["009150", "035720"]  # the largest change first


HELD = st.lists(
    st.builds(
        stock, st.sampled_from(["005930", "000660", "Q500001"]), st.just("x"), st.integers(0, 5), st.integers(0, 9), st.integers(0, 99)
    ),
    max_size=5,
    unique_by=lambda row: row["pdno"],
)


@given(HELD, HELD)
def test_both_effects_add_up_to_the_won(then: list[dict[str, str]], now: list[dict[str, str]]) -> None:
    for change in changes(read_holdings(then)[0], read_holdings(now)[0]):
        price, rest = change.price_effect, change.quantity_effect
        if price is None or rest is None:
            assert not change.is_priced
            continue
        assert price + rest == change.valuation_difference
        if change.state is not State.HELD:
            assert price == 0
        if change.move in (Move.KEPT, Move.SPLIT):
            assert rest == 0


def test_a_price_is_missing_only_where_the_stock_was_held() -> None:
    assert Change("005930", "", State.NEW, 0, 1, 0, 5, 0, 0, None, 5).quantity_effect == 5
    assert Change("005930", "", State.NEW, 0, 1, 0, 0, 0, 0, None, None).quantity_effect is None
    assert Change("005930", "", State.CLOSED, 1, 0, 5, 0, 0, 0, 5, None).quantity_effect == -5
    assert Change("005930", "", State.HELD, 1, 1, 5, 0, 0, 0, 5, None).price_effect is None
    assert [move.caption.en for move in Move] == ["new", "added", "reduced", "closed", "kept", "split or merged"]
    assert all(field.signed for field in EFFECT_FIELDS)


def test_a_split_is_the_prices_and_said_to_be_one(tmp_path: Path) -> None:
    book = report(
        tmp_path, balance([stock("005930", "삼성전자", 50, 14_400, 600_000)]), past([stock("005930", "삼성전자", 10, 70_000, 600_000)])
    )
    (row,) = table_rows(book, "Changes")
    assert (row[2], row[5], row[8], *row[12:]) == ("split or merged", 40, 20_000, 20_000, 0, None)
    assert "the number of shares changed without a trade" in texts(book, "Changes")
    sheet = book["Overview"]
    amounts = {row[7].value: row[11].value for row in sheet.iter_rows() if row[7].value}
    assert amounts["Price effect (computed)"] == 20_000
    assert "split or merged" in texts(book, "Overview")
    assert "the number of shares changed without a trade" not in texts(report(tmp_path, then=past()), "Changes")


def test_a_price_that_comes_back_is_no_trade(tmp_path: Path) -> None:
    unpriced = stock("005930", "삼성전자", 10, 0, 600_000, "-100.00000000")
    book = report(tmp_path, balance([stock("005930", "삼성전자", 10, 70_000, 600_000)]), past([unpriced]))
    amounts = {row[7].value: row[11].value for row in book["Overview"].iter_rows() if row[7].value}
    assert amounts["Valuation of stocks without a price (computed)"] == 700_000
    assert amounts["Rest: trades, money in or out, costs (computed)"] == -49_000 - 700_000
    both = report(tmp_path, balance([unpriced]), past([unpriced]))  # nothing is lost by it
    assert "Valuation of stocks without a price" not in texts(both, "Overview")


def test_a_first_report_has_no_changes_and_says_when_they_come(tmp_path: Path) -> None:
    then = read_past(History(DataFolder(tmp_path)), balance())
    book = report(tmp_path, then=then)
    assert table_rows(book, "Changes") == [[None] * 15]
    for title in ("Overview", "Changes", "History"):
        assert "This fills from the second day" in texts(book, title).replace("\n", " ")
    assert book["History"]["A2"].value == datetime(2026, 11, 20)  # noqa: DTZ001 (its own day, which is known)
    assert book["History"]._charts == []
    assert not (tmp_path / "history").exists()


def test_nothing_then_and_nothing_now_is_said(tmp_path: Path) -> None:
    assert "Nothing is held at either time." in texts(report(tmp_path, balance([]), past([])), "Changes")


@pytest.mark.parametrize("content", [b"no database", b""])
def test_a_history_that_cannot_be_read_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "history.sqlite").write_bytes(content)
    book = report(tmp_path, then=read_past(History(DataFolder(tmp_path)), balance()))
    said = texts(book, "Changes")
    assert ("the history cannot be read. DATA: " in said) == bool(content)


def test_only_days_before_the_balance_count(tmp_path: Path) -> None:
    """The clock was set back: what is stored of later days is not the past."""
    history = History(DataFolder(tmp_path))
    for days in (-3, -1, 0, 2):
        history.store(balance(as_of=AS_OF + timedelta(days=days)))
    found = read_past(history, balance())
    history.close()
    assert [day for day, _ in found.days] == [date(2026, 11, 17), date(2026, 11, 19)]
    assert found.earlier is not None
    assert found.earlier.as_of.date() == date(2026, 11, 19)
    assert found.days[0][1] == tuple(int(TOTALS[field.key]) for field in DAILY_FIELDS)


def test_days_that_were_asked_in_another_way_are_not_compared(tmp_path: Path) -> None:
    history = History(DataFolder(tmp_path))
    history.store(balance(as_of=EARLIER))
    asked = replace(balance(), parameters={**balance().parameters, "AFHR_FLPR_YN": "X"})
    then = read_past(history, asked)
    assert (then.earlier, then.days) == (None, ())
    assert "with others are not compared" in texts(report(tmp_path, then=then), "Changes")
    history.store(replace(asked, as_of=EARLIER + timedelta(minutes=1)))
    found = read_past(history, asked).earlier
    assert found is not None
    assert found.query == "AFHR_FLPR_YN=X"
    usual = read_past(history, balance()).earlier
    history.close()
    assert usual is not None
    assert usual.as_of == EARLIER


def test_a_day_of_which_nobody_knows_how_it_was_asked_is_a_caveat(tmp_path: Path) -> None:
    history = History(DataFolder(tmp_path))
    history.store(balance(as_of=EARLIER))
    sql(str(tmp_path), "UPDATE kis_snapshot SET query = NULL")
    then = read_past(history, replace(balance(), parameters={"AFHR_FLPR_YN": "X"}))
    history.close()
    assert "is not known" in texts(report(tmp_path, then=then), "Changes")
    assert "is not known" in texts(report(tmp_path, then=then), "Overview")


# the history


def test_the_history_ends_with_the_reports_own_day(tmp_path: Path) -> None:
    book = report(tmp_path, then=past())
    rows = table_rows(book, "History")
    assert len(rows) == 13
    assert rows[0][:2] == [datetime(2026, 11, 8), 6_988_000]  # noqa: DTZ001
    assert rows[7][5] is None
    assert rows[-1] == [datetime(2026, 11, 20), 6_951_000, 6_711_000, 1_000_000, -135_000, -49_000]  # noqa: DTZ001
    (chart,) = book["History"]._charts
    assert [series.val.numRef.f for series in chart.series] == ["'History'!$B$2:$B$14", "'History'!$C$2:$C$14"]


# the overview


def test_the_overview_shows_the_services_own_figures(tmp_path: Path) -> None:
    sheet = report(tmp_path, then=past())["Overview"]
    shown = {place.value for row in sheet.iter_rows() for place in row}
    assert {6_951_000, 6_711_000, -49_000, 800_000, -135_000} <= shown
    assert {"-0.70% (computed)", "-2.15% (computed, where priced)", "Rest: trades, money in or out, costs (computed)"} <= shown
    # the total valuation's change is the prices' and the rest
    amounts = {row[7].value: row[11].value for row in sheet.iter_rows() if row[7].value}
    assert amounts["Change of the total valuation (computed)"] == -49_000
    assert amounts["Price effect (computed, where known)"] == 33_000
    assert amounts["Valuation of stocks without a price (computed)"] == -2_277_000  # it lost its price: that is no trade
    assert amounts["Rest: trades, money in or out, costs (computed)"] == -49_000 - 33_000 + 2_277_000
    assert len(sheet._charts) == 2


def test_a_rate_that_the_service_gives_is_not_computed(tmp_path: Path) -> None:
    totals = TOTALS | {"asst_icdc_erng_rt": "0.04622453"}
    assert "+0.05%" in texts(report(tmp_path, balance(totals=totals)), "Overview").splitlines()


def test_movers_are_by_the_services_rate_and_have_a_price(tmp_path: Path) -> None:
    rows = [stock(f"{number:06}", f"stock {number}", 1, 100, 90, f"{number - 8}.00000000") for number in range(17)]
    rows.append(stock("999999", "no price", 1, 0, 10, "-100.00000000"))
    sheet = report(tmp_path, balance(rows))["Overview"]
    begin = next(row[1].row for row in sheet.iter_rows() if row[1].value == "Movers of the day") + 2
    names = [sheet.cell(row, 3).value for row in range(begin, begin + 10)]
    assert names == [f"stock {number}" for number in (16, 15, 14, 13, 12, 4, 3, 2, 1, 0)]


def test_warnings_say_what_is_doubtful(tmp_path: Path) -> None:
    bad = balance(totals=TOTALS | {"evlu_amt_smtl_amt": "1"}, extras=BEYOND)
    said = texts(report(tmp_path, bad, today=date(2026, 11, 21)), "Overview")
    assert "A check fails: sum of valuations (difference +6,150,999) 3 more below" in said
    for warning in (
        "No price, so a valuation of 0, which is no loss (1): 삼성전기 (009150)",
        "output1.new_field",
        "Not of today (2026-11-21)",
    ):
        assert warning in said
    fine = balance([row for row in ROWS if row["prpr"] != "0"], TOTALS | {"pchs_amt_smtl_amt": "6286000"})
    assert "All 7 checks agree." in texts(report(tmp_path, fine, today=date(2026, 11, 20)), "Overview")


def test_many_without_a_price_are_counted(tmp_path: Path) -> None:
    rows = [stock(f"{number:06}", f"s{number}", 1, 0, 10, "-100.00000000") for number in range(30)]
    assert "s7 (000007) and 22 more" in texts(report(tmp_path, balance(rows)), "Overview")


def test_each_check_stands_with_expected_actual_and_verdict(tmp_path: Path) -> None:
    sheet = report(tmp_path, balance(totals=TOTALS | {"evlu_amt_smtl_amt": "1"}))["Overview"]
    rows = {row[1].value: (row[7].value, row[9].value, row[11].value) for row in sheet.iter_rows()}
    assert rows["sum of valuations"] == (1, 6_151_000, "DIFFERS")
    assert rows["sum of purchase amounts"] == (7_186_000, 7_186_000, "agrees")
    assert "6 of 7 agree" in rows


@pytest.mark.parametrize("totals", [TOTALS | {"prvs_rcdl_excc_amt": "-5"}, summary_row()])
def test_a_debt_or_nothing_makes_no_ring(tmp_path: Path, totals: dict[str, str]) -> None:
    rows = [] if totals["tot_evlu_amt"] == "0" else ROWS
    charts = report(tmp_path, balance(rows, totals))["Overview"]._charts
    assert [type(chart).__name__ for chart in charts] == (["BarChart"] if rows else [])


def test_charts_carry_what_their_cells_hold(tmp_path: Path) -> None:
    """Previewers do not look it up."""
    book = report(tmp_path, then=past())
    for title in ("Overview", "History"):
        for chart in book[title]._charts:
            for series in chart.series:
                sheet, _, area = series.val.numRef.f.rpartition("!")
                values = [place[0].value for place in book[sheet.strip("'")][area.replace("$", "")]]
                cached = {point.idx: float(point.v) for point in series.val.numRef.numCache.pt}
                assert [cached.get(number) for number in range(len(values))] == values


# several accounts


def both(tmp_path: Path, *, then: Past = DEMO_PAST, **more: Any) -> Any:
    other = balance(ROWS[:2], name="ISA", account=SECOND, environment=Environment.REAL, host=Environment.REAL.host, **more)
    return opened(write_consolidated([(balance(), past()), (other, then)], tmp_path / "all.xlsx", "en"))


def test_holdings_of_several_accounts_say_whose_they_are(tmp_path: Path) -> None:
    book = both(tmp_path)
    rows = table_rows(book, "Holdings")
    assert [place.value for place in book["Holdings"][1]] == ["Account name", *(field.en for field in HOLDING_FIELDS)]
    assert [row[0] for row in rows] == ["연금 계좌"] * 6 + ["ISA"] * 2
    assert rows[6][1:3] == ["000660", "SK하이닉스"]
    assert book["Holdings"].freeze_panes == "D2"


def test_totals_of_several_accounts_stand_side_by_side_and_add_up(tmp_path: Path) -> None:
    book = both(tmp_path)
    rows = {row[-1]: row for row in table_rows(book, "Account")}
    assert rows["tot_evlu_amt"][1:4] == [6_951_000, 6_951_000, 13_902_000]
    assert rows["asst_icdc_erng_rt"][3] is None  # rates do not add up
    assert rows["fncg_gld_auto_rdpt_yn"][1:4] == ["N", "N", None]
    names = {name: next(iter(entry.destinations)) for name, entry in book.defined_names.items()}
    assert {name: book[sheet][place].value for name, (sheet, place) in names.items()} == {
        "AsOf": datetime(2026, 11, 20, 16, 5, 9),  # noqa: DTZ001
        "TotalValuation": 13_902_000,
        "NetAssets": 13_422_000,
        "Deposit": 2_000_000,
    }


def test_an_account_without_totals_adds_nothing(tmp_path: Path) -> None:
    empty = balance([], None, name="빈 계좌")
    book = opened(write_consolidated([(balance(), past()), (empty, DEMO_PAST)], tmp_path / "all.xlsx", "en"))
    assert {row[-1]: row for row in table_rows(book, "Account")}["tot_evlu_amt"][1:4] == [6_951_000, None, 6_951_000]
    assert "빈 계좌: The service gave no totals" in texts(book, "Overview")


def test_each_account_has_its_block_of_provenance(tmp_path: Path) -> None:
    book = both(tmp_path)
    rows = table_rows(book, "Provenance")
    assert list(dict.fromkeys(row[0] for row in rows)) == ["All accounts", "연금 계좌", "ISA"]
    assert [row[2] for row in rows if row[1] == "account"] == ["8765****-22", "1111****-01"]
    assert pairs(book)["made by"].startswith("kis_xl")


def test_history_of_several_accounts_is_of_the_days_that_all_have(tmp_path: Path) -> None:
    rows = table_rows(both(tmp_path, then=past(days=3)), "History")
    assert [row[0].day for row in rows] == [17, 18, 19, 20]
    assert rows[0][1] == 2 * 6_997_000
    assert rows[-1][1] == 13_902_000
    assert [row[0].day for row in table_rows(both(tmp_path), "History")] == [20]


def test_changes_of_several_accounts_are_each_with_its_own_past(tmp_path: Path) -> None:
    book = both(tmp_path)
    assert {row[0] for row in table_rows(book, "Changes")} == {"연금 계좌"}
    assert "Without the accounts that have no earlier day: ISA" in texts(book, "Overview").replace("\n", " ")
    assert "ISA: This is a demonstration" in texts(book, "Changes")


def test_the_days_that_changes_are_seen_from_are_named_where_accounts_differ(tmp_path: Path) -> None:
    assert "Changes since 2026-11-19\n" in texts(both(tmp_path, then=past()), "Overview")
    late = past()
    assert late.earlier is not None
    older = replace(late, earlier=replace(late.earlier, as_of=late.earlier.as_of - timedelta(days=2)))
    told = "Changes since each account's earlier day (2026-11-17 to 11-19)\n"
    assert told in texts(both(tmp_path, then=older), "Overview")
    early = replace(late, earlier=replace(late.earlier, as_of=late.earlier.as_of.replace(hour=0)))
    assert "Changes since 2026-11-19\n" in texts(both(tmp_path, then=early), "Overview")


def test_accounts_of_one_name_get_columns_of_their_own(tmp_path: Path) -> None:
    same = [(balance(name="같은\n이름"), DEMO_PAST), (balance(name="같은 이름"), DEMO_PAST)]
    book = opened(write_consolidated(same, tmp_path / "all.xlsx", "ko"))
    (table,) = book["계좌"].tables.values()
    assert [column.name for column in table.tableColumns] == ["항목", "같은 이름", "같은 이름 (2)", "합계 (계산)", "API 항목"]
    assert [place.value for place in book["계좌"][1]][:5] == [column.name for column in table.tableColumns]


def test_no_figure_is_older_than_the_report_says(tmp_path: Path) -> None:
    book = both(tmp_path, as_of=AS_OF - timedelta(minutes=4))
    assert book["Overview"]["J2"].value == datetime(2026, 11, 20, 16, 1, 9)  # noqa: DTZ001
    late = replace(balance(), as_of=datetime(2026, 11, 21, 0, 1, tzinfo=kst.KST))
    assert consolidated_name([late, balance()], "ko") == "KIS_전체_2026-11-20.xlsx"
    assert consolidated_name([late], "en") == "KIS_all_2026-11-21.xlsx"
    special = replace(late, parameters={**late.parameters, "AFHR_FLPR_YN": "X"})
    assert consolidated_name([late, special], "en") == "KIS_all_2026-11-21_AFHR_FLPR_YN=X.xlsx"
    assert consolidated_name([late, special], "en", [{}, {"AFHR_FLPR_YN": "X"}]) == "KIS_all_2026-11-21.xlsx"


def test_weights_are_parts_of_the_total_valuation(tmp_path: Path) -> None:
    sheet = report(tmp_path)["Overview"]
    weights = {row[2].value: row[3].value for row in sheet.iter_rows(min_row=16, max_row=20)}
    assert weights["삼성전자"] == float((Decimal(2_848_000) / 6_951_000).quantize(Decimal("0.000001")))
