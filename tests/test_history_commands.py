"""`kis-xl history`: what is listed, shown, imported and removed, and what is told of what is missing."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kis_xl import kst
from kis_xl.accounts import Account, AccountNumber
from kis_xl.cli import main
from kis_xl.cli.history.yearly import sparkline
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.configfile import FILE_NAME
from kis_xl.datafolder import DataFolder
from kis_xl.errors import OutputError
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment
from kis_xl.history import AccountKey, History, Rule, Source
from kis_xl.language import Text
from kis_xl.report import write_consolidated, write_report
from kis_xl.report.past import NO_PAST
from kis_xl.settings import Settings
from tests.history_kit import AS_OF, DAY, KEY, account, at, balance, demo, sql, worth
from tests.postgresql_kit import PostgreSQL
from tests.rows import holding_row
from tests.test_history_reports import FETCHED, OLD

OTHER = balance(at(18), environment=Environment.MOCK, host=Environment.MOCK.host)


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of these days is in the future, whenever the tests run."""
    monkeypatch.setattr(kst, "now", lambda: at(30))


@pytest.fixture
def _set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account of these balances, as environment variables name it."""
    for name, value in {"ACCOUNT": "87651234-22", "APPKEY": "k" * 36, "APPSECRET": "s" * 180}.items():
        monkeypatch.setenv(f"KIS_XL_{name}", value)


@pytest.fixture
def history(home: Path) -> Iterator[History]:
    with closing(History(DataFolder(home))) as opened:
        yield opened


@pytest.fixture
def filled(history: History) -> History:
    """Wednesday to Friday and the Monday after, 18 to 23 November 2026, of which Thursday is missing."""
    history.store(balance(at(18, 9), totals=worth(1)))
    history.store(balance(at(18), [holding_row(), holding_row(pdno="000660")], worth(1_234_567)))
    history.store(demo(at(20)))
    history.store(balance(at(23), [], None), source=Source.REPORT)
    return history


def run(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    """What a command prints and tells."""
    assert main(["history", *arguments]) == code
    captured = capsys.readouterr()
    return captured.out, captured.err


# list


@pytest.mark.usefixtures("filled", "_set_up")
def test_days_are_listed_with_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = run(capsys, "list")
    lines = [" ".join(re.sub("[┃│━┿╇┼]", " ", line).split()) for line in out.splitlines()]
    assert lines[0] == f"env 8765****-22 (real) {KEY.letters}"
    assert lines[1] == "As of (KST) Rows Total valuation Net assets Fetches From"
    assert lines[3:] == [
        "2026-11-18 16:00 2 1,234,567 1,234,567 2",
        "- 2026-11-19 is missing",
        "2026-11-20 16:00 60 632,467,899 513,590,999 1",
        "2026-11-23 16:00 0 - - 1 report",
    ]
    assert err == ""


@pytest.mark.usefixtures("filled", "_set_up")
def test_days_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(run(capsys, "list", "--json")[0])
    assert (document["account"], document["environment"], document["missing"]) == ("8765****-22", "real", ["2026-11-19"])
    assert document["days"][0] == {
        "day": "2026-11-18", "as_of": "2026-11-18T16:00:00+09:00", "rows": 2, "tot_evlu_amt": 1234567, "nass_amt": 1234567,
        "fetches": 2, "source": "service", "query": "",
    }  # fmt: skip
    part = json.loads(run(capsys, "list", "--json", "--from", "20261119", "--to", "2026-11-20")[0])
    assert [day["day"] for day in part["days"]] == ["2026-11-20"]


@pytest.mark.usefixtures("_set_up")
def test_other_accounts_are_named_and_listed_by_their_letters(filled: History, capsys: pytest.CaptureFixture[str]) -> None:
    filled.store(OTHER)
    theirs = AccountKey.of(OTHER)
    assert run(capsys, "list")[1] == f"Other histories: 8765****-22 (mock): --account {theirs.letters}\n"
    out, _ = run(capsys, "list", "--account", theirs.letters[:5].upper())
    assert "2026-11-18 16:00" in out
    assert "2026-11-20" not in out


@pytest.mark.usefixtures("filled")
def test_without_an_account_the_only_stored_one_is_meant(capsys: pytest.CaptureFixture[str], filled: History) -> None:
    assert "8765****-22 (real)" in run(capsys, "list")[0]
    filled.store(OTHER)
    _, err = run(capsys, "list", code=2)
    assert KEY.letters in err
    assert AccountKey.of(OTHER).letters in err
    assert "8765****-22 (mock)" in run(capsys, "list", "--account", AccountKey.of(OTHER).fingerprint)[0]
    assert "or more than one" in run(capsys, "list", "--account", "8765****-22", code=2)[1]


@pytest.mark.parametrize("command", [["list"], ["show", "2026-11-20"], ["year", "2026"], ["export", "x.csv"]], ids=lambda given: given[0])
@pytest.mark.parametrize("configured", [False, True])
def test_where_nothing_is_stored_it_is_said_how_that_begins(
    command: list[str], configured: bool, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    if configured:
        request.getfixturevalue("_set_up")
    out, err = run(capsys, *command, code=6)
    assert out == ""
    assert "nothing is stored" in err
    assert "kis-xl history import" in err
    assert not (home / "history").exists()


@pytest.mark.usefixtures("filled", "_set_up")
def test_a_period_without_days_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    error, hint = run(capsys, "list", "--from", "2027-01-01", code=6)[1].splitlines()
    assert error.endswith("no day of this period is stored: env 8765****-22 (real)")
    assert hint == "hint: Stored days: 2026-11-18 to 2026-11-23"


@pytest.mark.usefixtures("filled", "_set_up")
def test_a_day_of_the_users_own_list_of_closures_is_not_missing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "schedule").mkdir()
    (home / "schedule" / "closed-days.txt").write_text("2026-11-19  # announced the day before\n", encoding="utf-8")
    assert "missing" not in run(capsys, "list")[0]
    assert json.loads(run(capsys, "list", "--json")[0])["missing"] == []
    assert json.loads(run(capsys, "year", "2026", "--json")[0])["missing"] == []


@pytest.mark.usefixtures("_set_up")
def test_several_missing_days_are_one_line(history: History, capsys: pytest.CaptureFixture[str]) -> None:
    history.store(balance(at(11)))
    history.store(balance(at(17)))
    assert "2026-11-12 to 2026-11-16 are missing (3 trading days)" in run(capsys, "list")[0]


@pytest.mark.usefixtures("filled")
def test_letters_that_nobody_has_are_told_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    _, err = run(capsys, "list", "--account", "abcdef", code=2)
    assert "no account of the history is 'abcdef'" in err
    assert f"Stored: 8765****-22 (real): --account {KEY.letters}" in err


@pytest.mark.usefixtures("_set_up")
def test_a_day_in_the_future_is_marked_and_makes_no_other_missing(
    filled: History, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that was wrong once: the trading days up to that day have not been yet. Today may still be fetched."""
    monkeypatch.setattr(kst, "now", lambda: at(25, 9))
    filled.store(balance(AS_OF.replace(year=2027, day=19)))
    out, _ = run(capsys, "list")
    assert [line.split("│")[-1].strip() for line in out.splitlines() if "2027-11-19" in line] == ["in the future"]
    assert "- 2026-11-24 is missing" in out
    assert json.loads(run(capsys, "list", "--json")[0])["missing"] == ["2026-11-19", "2026-11-24"]
    filled.store(balance(at(25, 8)))
    assert out.count("in the future") == run(capsys, "list")[0].count("in the future") == 1


@pytest.mark.usefixtures("_set_up")
def test_a_stored_day_without_trading_is_marked(home: Path, filled: History, capsys: pytest.CaptureFixture[str]) -> None:
    """A weekend, and a day of the user's own list, beside what is known of the day otherwise."""
    (home / "schedule").mkdir()
    (home / "schedule" / "closed-days.txt").write_text("2026-11-23\n", encoding="utf-8")
    filled.store(balance(at(21)))
    notes = {line.split()[0]: line.split("│")[-1].strip() for line in run(capsys, "list")[0].splitlines() if line.startswith(" 2026-")}
    assert notes == {"2026-11-18": "", "2026-11-20": "", "2026-11-21": "closed", "2026-11-23": "report, closed"}


@pytest.mark.usefixtures("filled", "_set_up")
def test_an_unknown_account_or_date_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no account called 'pension'" in run(capsys, "list", "--account", "pension", code=2)[1]
    for given in ("2026-13-01", "yesterday", "2026-1-1"):
        assert "not a date" in run(capsys, "list", "--from", given, code=2)[1]


# show


@pytest.mark.usefixtures("_set_up")
def test_a_stored_balance_is_shown_as_a_fetched_one_and_said_to_be_stored(filled: History, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = run(capsys, "show", "2026-11-20")
    assert out.splitlines()[0] == "A stored balance (fetched, 2026-11-20 16:00 KST), not the present one."
    for row in demo().holdings:
        assert any(row.pdno in line and f"{row.evlu_amt:,}" in line for line in out.splitlines())
    assert "632,467,899" in out
    assert "warning: no price" in err
    assert "(report, 2026-11-23 16:00 KST)" in run(capsys, "show", "20261123")[0]


@pytest.mark.usefixtures("filled", "_set_up")
def test_a_stored_balance_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(run(capsys, "show", "2026-11-20", "--json")[0], parse_float=Decimal)
    of_balance = ["account", "environment", "as_of", "pages", "holdings", "summary", "checks", "host", "from_kis"]
    assert list(document) == [*of_balance, "stored", "source", "query"]
    assert (document["account"], document["as_of"], document["pages"]) == ("8765****-22", "2026-11-20T16:00:00+09:00", None)
    assert (document["stored"], document["source"]) == (True, "service")
    stored = demo()
    assert stored.summary is not None
    for row, given in zip(document["holdings"], stored.holdings, strict=True):
        assert [_plain(row[field.key]) for field in HOLDING_FIELDS] == [_plain(getattr(given, field.key)) for field in HOLDING_FIELDS]
    assert [_plain(document["summary"][field.key]) for field in SUMMARY_FIELDS] == [
        _plain(getattr(stored.summary, field.key)) for field in SUMMARY_FIELDS
    ]
    joined = json.loads(run(capsys, "show", "2026-11-20", "--json", "--by", "stock")[0])
    assert [row["pdno"] for row in joined["holdings"]] == [row.pdno for row in stored.by_stock()]


def _plain(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


@pytest.mark.usefixtures("filled", "_set_up")
def test_a_day_that_is_not_stored_is_a_gap(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = run(capsys, "show", "2026-11-19", code=6)
    assert out == ""
    assert "no balance of this day is stored: 2026-11-19" in err
    assert "The nearest days: 2026-11-18, 2026-11-20" in err


@pytest.mark.usefixtures("filled")
def test_an_account_that_is_set_up_no_more_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = run(capsys, "show", "2026-11-20", "--account", KEY.letters)
    assert f"{KEY.letters} 8765****-22 (real)  2026-11-20 16:00:00 KST" in out.splitlines()


# year


@pytest.mark.usefixtures("_set_up")
def test_a_year_on_the_terminal(history: History, capsys: pytest.CaptureFixture[str]) -> None:
    one = holding_row(
        pdno="000660", prdt_name="[b]SK하이닉스", hldg_qty="10", prpr="100", pchs_amt="900", evlu_amt="1000", evlu_pfls_amt="100"
    )
    two = one | {"prpr": "120", "evlu_amt": "1200", "evlu_pfls_amt": "300"}
    history.store(balance(at(2), [one], worth(5000)))
    history.store(balance(at(4), [two], worth(7000)))
    out, _ = run(capsys, "year", "2026")
    assert "8765****-22 (real)  2026" in out
    assert "2026-11-04 against 2026-11-02" in out
    assert "Net assets  ▄  5,000 → 7,000 (+2,000)" in out  # one week
    assert re.search(r"2026-11 │ +7,000 │ 5,000 \(11-02\) │ 7,000 \(11-04\) │ +2", out)
    assert re.search(r"000660 │ \[b\]SK하이닉스 │ +\+200 │ +300 │", out)
    assert "Contributed by the stocks: +200" in out
    assert "Net assets +2,000, rest +1,800" in out
    assert "The API does not tell them apart" in out
    assert "1 trading days are missing (2026-11-03 to 2026-11-03)" in out


@pytest.mark.usefixtures("filled", "_set_up")
def test_a_year_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(run(capsys, "year", "2026", "--json")[0])
    assert (document["year"], document["basis"], document["last"]) == (2026, "2026-11-18", "2026-11-23")
    assert document["nass_amt"]["days"] == {"2026-11-18": 1234567, "2026-11-20": 513590999}
    assert document["months"][0]["low_day"] == "2026-11-18"
    assert (document["missing"], document["rest"]) == (["2026-11-19"], None)
    assert document["contributed"] == sum(stock["amount"] for stock in document["stocks"])
    listed = json.loads(run(capsys, "list", "--json")[0])
    whose = ("account", "environment", "host", "query", "letters")
    assert [document[key] for key in whose] == [listed[key] for key in whose]
    assert (document["letters"], document["unknown_query_days"]) == (KEY.letters, 0)


@pytest.mark.usefixtures("_set_up")
def test_a_year_of_another_query_names_the_days_of_an_unknown_one(history: History, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for day in (18, 19, 20):
        history.store(balance(at(day), totals=worth(day), parameters={"AFHR_FLPR_YN": "Y"} if day == 20 else {}))
    sql(str(home), "UPDATE kis_snapshot SET query = NULL WHERE query = ''")
    asked = ("year", "2026", "--param", "AFHR_FLPR_YN=Y")
    assert "Of 2 of the days it is not known how they were asked (an older version stored them)." in run(capsys, *asked)[0]
    document = json.loads(run(capsys, *asked, "--json")[0])
    assert (document["query"], document["unknown_query_days"]) == ("AFHR_FLPR_YN=Y", 2)
    assert "it is not known how" not in run(capsys, "year", "2026")[0]


@pytest.mark.usefixtures("filled", "_set_up")
def test_a_year_without_days_names_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    _, err = run(capsys, "year", "2024", code=6)
    assert "no day of this period is stored" in err
    assert "2026-11-18 to 2026-11-23" in err


@pytest.mark.usefixtures("_set_up")
def test_this_year_is_meant_by_default(history: History, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kst, "now", lambda: AS_OF.replace(year=2027, month=1, day=5, hour=0))
    history.store(balance(AS_OF.replace(year=2027, month=1, day=4), totals=worth(3)))
    assert json.loads(run(capsys, "year", "--json")[0])["year"] == 2027


def test_a_line_of_a_year_is_a_letter_a_week() -> None:
    first = AS_OF.date().replace(month=1, day=1)
    line = [(first + timedelta(days=days), amount) for days, amount in ((0, 10), (1, 20), (8, 10), (22, 30))]
    assert sparkline(line, 2026) == "▄▁ █"
    assert sparkline(line[:1], 2026) == "▄"
    assert len(sparkline([(first, 1), (first.replace(month=12, day=31), 2)], 2026)) == 53


# import


@pytest.mark.usefixtures("_set_up")
def test_reports_are_imported_once(history: History, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "a.xlsx").write_bytes(OLD["ko"].read_bytes())
    write_report(replace(FETCHED, as_of=at(23)), folder / "b.xlsx", "en")
    (folder / "~$b.xlsx").write_text("open in Excel")
    (folder / "c.xlsx").write_text("not a report")
    (folder / "notes.txt").write_text("mine")
    out, err = run(capsys, "import", str(folder), "--account", "env", code=6)
    told = "the report names its account 연금; its masked number is the same, so it counts as one of env"
    assert err.splitlines() == [f"warning: {folder / name}: {told}" for name in ("a.xlsx", "b.xlsx")]
    assert out.splitlines() == [
        f"stored   2026-11-20 16:05  {folder / 'a.xlsx'}",
        f"stored   2026-11-23 16:00  {folder / 'b.xlsx'}",
        f"refused  {folder / 'c.xlsx'}: the file cannot be read (it is no Excel file, or damaged)",
    ]
    again, _ = run(capsys, "import", str(folder / "a.xlsx"), str(OLD["en"]), "--account", "env")
    assert again.splitlines() == [f"present  2026-11-20 16:05  {folder / 'a.xlsx'}", f"present  2026-11-20 16:05  {OLD['en']}"]
    assert [day.source for day in history.overview(KEY)] == [Source.REPORT] * 2
    stored = history.on_or_before(KEY, DAY)
    assert stored is not None
    assert (stored.holdings, stored.summary) == (FETCHED.holdings, FETCHED.summary)


@pytest.mark.usefixtures("_set_up")
def test_an_import_needs_the_account_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--account" in run(capsys, "import", str(OLD["ko"]), code=2)[1]
    out, _ = run(capsys, "import", str(tmp_path / "x.xlsx"), str(OLD["ko"]), "--account", "env", code=2)
    assert out.splitlines()[0] == f"refused  {tmp_path / 'x.xlsx'}: there is no such file"
    assert out.splitlines()[1].startswith("stored   2026-11-20 16:05  ")  # each by itself
    assert "there is no account called" in run(capsys, "import", str(OLD["ko"]), "--account", "pension", code=2)[1]


def test_the_report_of_another_account_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, history: History
) -> None:
    for name, value in {"ACCOUNT": "43211234-22", "APPKEY": "k" * 36, "APPSECRET": "s" * 180}.items():
        monkeypatch.setenv(f"KIS_XL_{name}", value)
    out, _ = run(capsys, "import", str(OLD["ko"]), "--account", "env", code=2)
    assert out.startswith("refused")
    assert "another account" in out
    assert history.accounts() == []


@pytest.mark.usefixtures("_set_up")
def test_accounts_that_look_alike_are_told_apart_by_their_names(home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Two accounts whose numbers begin alike have the same mask: then the name in the report decides."""
    home.mkdir()
    twin = '[accounts."연금2"]\nid = "0123456789abcdef"\nnumber = "8765****-22"\n'
    (home / FILE_NAME).write_text(twin, encoding="utf-8")
    out, _ = run(capsys, "import", str(OLD["ko"]), "--account", "env", code=2)
    assert "it cannot be told whose report this is" in out
    assert "env, 연금2" in out
    ours = write_report(replace(FETCHED, name="env"), tmp_path / "r.xlsx", "ko")
    assert run(capsys, "import", str(ours), "--account", "env")[0].startswith("stored")


def set_up_twice(home: Path, second: str = "87651234-22") -> None:
    """Two entries with one masked number, the second of them asked with after-hours prices."""
    keys = {"appkey": "k" * 36, "appsecret": "s" * 180}
    editor = ConfigEditor(DataFolder(home))
    editor.add(NewAccount("savings", {"number": "8765****-22"}, {}, keys | {"number": "87651234-22"}), secrets="file")
    editor.add(NewAccount("night", {"number": "8765****-22"}, {"AFHR_FLPR_YN": "X"}, keys | {"number": second}), secrets="file")


def test_an_account_that_is_set_up_twice_is_one(home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    set_up_twice(home)
    of_the_other = write_report(replace(FETCHED, name="night"), tmp_path / "night.xlsx", "ko")
    out, err = run(capsys, "import", str(of_the_other), str(OLD["ko"]), "--account", "savings")
    assert [line.split()[0] for line in out.splitlines()] == ["stored", "present"]
    # a name of this account is as good as the other; one that neither has may be an older name
    assert err == (
        f"warning: {OLD['ko']}: the report names its account 연금; its masked number is the same, so it counts as one of savings\n"
    )


def test_another_number_with_the_same_mask_is_another_account(home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    set_up_twice(home, second="87654321-22")
    of_the_other = write_report(replace(FETCHED, name="night"), tmp_path / "night.xlsx", "ko")
    out, _ = run(capsys, "import", str(of_the_other), str(OLD["ko"]), "--account", "savings", code=2)
    assert [line.split()[0] for line in out.splitlines()] == ["refused", "refused"]
    assert "Accounts with the same masked number: savings, night. The report names night" in out


def test_other_accounts_are_not_opened_without_need(
    home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up_twice(home)
    opened: list[str | None] = []
    really = Settings.account

    def account_of(settings: Settings, name: str | None = None) -> Account:
        opened.append(name)
        return really(settings, name)

    monkeypatch.setattr(Settings, "account", account_of)
    ours = write_report(replace(FETCHED, name="savings"), tmp_path / "r.xlsx", "ko")
    run(capsys, "import", str(ours), "--account", "savings")
    assert opened == ["savings"]
    run(capsys, "import", *[str(OLD["ko"])] * 3, "--account", "savings")
    assert opened == ["savings", "savings", "night"]


@pytest.mark.usefixtures("_set_up")
def test_what_a_folder_has_no_report_in_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], history: History) -> None:
    top = tmp_path / "reports"
    for name in ("2025", "2026", "notes", ".hidden"):
        (top / name).mkdir(parents=True)
    (top / "~$R.xlsx").write_text("open in Excel")
    report = OLD["ko"].read_bytes()
    for name in ("2025", "2026", ".hidden"):
        (top / name / "R.XLSX").write_bytes(report)
    out, _ = run(capsys, "import", str(top), str(top / "notes"), "--account", "env", code=2)
    nothing = "there is no report (.xlsx) in this folder"
    assert out.splitlines() == [
        f"refused  {top}: {nothing}. Subfolders are not looked into; name them as well: 2025, 2026",
        f"refused  {top / 'notes'}: {nothing}. Subfolders are not looked into.",
    ]
    assert history.accounts() == []
    (top / "R.XLSX").write_bytes(report)  # in any case, on Linux too
    out, err = run(capsys, "import", str(top), "--account", "env")
    assert out == f"stored   2026-11-20 16:05  {top / 'R.XLSX'}\n"
    assert err.splitlines()[0] == f"warning: {top}: Subfolders are not looked into; name them as well: 2025, 2026"


@pytest.mark.usefixtures("_set_up")
def test_a_folder_that_cannot_be_read_is_refused_and_the_next_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    really = Path.iterdir

    def listed(path: Path) -> Iterator[Path]:
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return really(path)

    monkeypatch.setattr(Path, "iterdir", listed)
    out, _ = run(capsys, "import", str(closed), str(OLD["ko"]), "--account", "env", code=7)
    assert [line.split()[0] for line in out.splitlines()] == ["refused", "stored"]
    assert "it cannot be read (Permission denied)" in out


@pytest.mark.usefixtures("_set_up")
def test_a_report_from_the_future_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clocks that are right may differ by some minutes."""
    report = str(write_report(replace(FETCHED, as_of=at(24)), tmp_path / "r.xlsx", "ko"))
    monkeypatch.setattr(kst, "now", lambda: at(24) - timedelta(minutes=5, seconds=1))
    out, err = run(capsys, "import", report, "--account", "env", code=6)
    assert out == (
        f"refused  {report}: the report is dated in the future: 2026-11-24 16:00. The clock was wrong when it was made, or is wrong now.\n"
    )
    assert (err, history.accounts()) == ("", [])
    monkeypatch.setattr(kst, "now", lambda: at(24) - timedelta(minutes=5))
    assert run(capsys, "import", report, "--account", "env")[0].startswith("stored   2026-11-24 16:00")


_SEVERAL = "a report over several accounts: import each account's own. `kis-xl export --all` writes a report of each account."


@pytest.mark.usefixtures("_set_up")
def test_of_a_folder_what_is_not_the_accounts_is_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str], history: History) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    theirs = AccountNumber("43211234", "22")
    write_consolidated([(FETCHED, NO_PAST), (replace(FETCHED, account=theirs), NO_PAST)], folder / "all.xlsx", "ko")
    write_report(replace(FETCHED, environment=Environment.MOCK, host=Environment.MOCK.host), folder / "mock.xlsx", "ko")
    write_report(replace(FETCHED, name="env"), folder / "ours.xlsx", "ko")
    write_report(replace(FETCHED, account=theirs), folder / "theirs.xlsx", "ko")
    reasons = {
        "all": _SEVERAL,
        "mock": f"the report of another environment or server: (44 characters). The server of env: {Environment.REAL.host}",
        "theirs": "the report of another account: '4321****-22'. env is 8765****-22.",
    }
    out, _ = run(capsys, "import", str(folder), "--account", "env")
    lines = [f"skipped  {folder / name}.xlsx: {reason}" for name, reason in reasons.items()]
    assert out.splitlines() == [*lines[:2], f"stored   2026-11-20 16:05  {folder / 'ours.xlsx'}", lines[2]]
    for name, reason in reasons.items():  # named itself, it was meant
        path = folder / f"{name}.xlsx"
        assert run(capsys, "import", str(path), "--account", "env", code=2)[0] == f"refused  {path}: {reason}\n"
    assert history.accounts() == [KEY]


def test_of_a_folder_a_report_that_may_be_anybodys_is_still_refused(home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    set_up_twice(home, second="87654321-22")
    write_report(replace(FETCHED, name="night"), tmp_path / "night.xlsx", "ko")
    assert run(capsys, "import", str(tmp_path), "--account", "savings", code=2)[0].startswith("refused")


# how it was asked


ASKED = replace(balance(at(24), totals=worth(9)), parameters={"AFHR_FLPR_YN": "X"})


@pytest.mark.usefixtures("_set_up")
def test_what_was_asked_in_another_way_has_a_history_of_its_own(filled: History, capsys: pytest.CaptureFixture[str]) -> None:
    filled.store(ASKED)
    out, err = run(capsys, "list")
    assert "2026-11-24" not in out
    assert err == f"Other histories: 8765****-22 (real, AFHR_FLPR_YN=X): --account {KEY.letters} --param AFHR_FLPR_YN=X\n"
    for chosen in ("AFHR_FLPR_YN=X", "afhr_flpr_yn=x"):
        out, err = run(capsys, "list", "--param", chosen)
        assert "AFHR_FLPR_YN=X" in out.splitlines()[0]
        assert [line.split()[0] for line in out.splitlines() if line.strip().startswith("2026-")] == ["2026-11-24"]
    assert json.loads(run(capsys, "list", "--json", "--param", "AFHR_FLPR_YN=X")[0])["query"] == "AFHR_FLPR_YN=X"
    assert "AFHR_FLPR_YN cannot be" in run(capsys, "list", "--param", "AFHR_FLPR_YN=Q", code=2)[1]
    out, _ = run(capsys, "prune", "--on", "2026-11-24", "--param", "AFHR_FLPR_YN=X", "--yes")
    assert out.startswith("removed: env  8765****-22 (real, AFHR_FLPR_YN=X), 1 fetches, 1 days altogether")


@pytest.mark.usefixtures("_set_up")
def test_what_list_says_of_other_histories_shows_them(
    filled: History, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """--param comes on top of the account's own parameters; with the letters it is all that was asked."""
    filled.store(ASKED)
    filled.store(replace(ASKED, parameters={"AFHR_FLPR_YN": "X", "PRCS_DVSN": "01"}, as_of=at(25)))
    monkeypatch.setenv("KIS_XL_PARAMETERS", "PRCS_DVSN=01")
    _, err = run(capsys, "list", code=6)
    assert "no day is stored: env 8765****-22 (real, PRCS_DVSN=01)" in err
    hint = err.splitlines()[-1]
    assert f"Other histories: 8765****-22 (real): --account {KEY.letters}; " in hint
    found = [re.findall(r"--\S+ [^;\s]+", each) for each in hint.split("; ")]
    shown = [run(capsys, "list", *" ".join(options).split())[0] for options in found]
    days = [[line.split()[0] for line in out.splitlines() if line.startswith(" 2026-")] for out in shown]
    assert days == [["2026-11-18", "2026-11-20", "2026-11-23"], ["2026-11-24"], ["2026-11-25"]]
    assert "2026-11-25" in run(capsys, "list", "--param", "AFHR_FLPR_YN=X")[0]  # with the account's own


@pytest.mark.usefixtures("_set_up")
def test_days_of_an_unknown_query_are_marked_where_another_is_asked_for(
    filled: History, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They count with every query, as version 0.1 did not write it down; as the usual one they are what it stored."""
    filled.store(ASKED)
    sql(str(home), "UPDATE kis_snapshot SET query = NULL WHERE day < '2026-11-24'")
    out, err = run(capsys, "list", "--param", "AFHR_FLPR_YN=X")
    notes = {line.split()[0]: line.split("│")[-1].strip() for line in out.splitlines() if line.startswith(" 2026-")}
    assert notes == {
        "2026-11-18": "unknown query", "2026-11-20": "unknown query", "2026-11-23": "report, unknown query", "2026-11-24": ""
    }  # fmt: skip
    assert err == ""  # the usual history has no day that is not shown here
    document = json.loads(run(capsys, "list", "--param", "AFHR_FLPR_YN=X", "--json")[0])
    assert [day["query"] for day in document["days"]] == [None, None, None, "AFHR_FLPR_YN=X"]
    out, err = run(capsys, "list")
    assert "unknown" not in out
    assert "AFHR_FLPR_YN=X" in err
    filled.store(balance(at(25)))
    assert f"Other histories: 8765****-22 (real): --account {KEY.letters}\n" in run(capsys, "list", "--param", "AFHR_FLPR_YN=X")[1]


@pytest.mark.usefixtures("_set_up")
def test_a_shown_balance_tells_how_it_was_asked(filled: History, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled.store(ASKED)
    sql(str(home), "UPDATE kis_snapshot SET query = NULL WHERE day = '2026-11-20'")
    chosen = ("--param", "AFHR_FLPR_YN=X")
    first = "A stored balance (fetched, 2026-11-24 16:00 KST, AFHR_FLPR_YN=X), not the present one."
    assert run(capsys, "show", "2026-11-24", *chosen)[0].splitlines()[0] == first
    lines = run(capsys, "show", "2026-11-20", *chosen)[0].splitlines()
    assert lines[0] == "A stored balance (fetched, 2026-11-20 16:00 KST), not the present one."
    assert lines[1] == ("How it was asked is not known (an older version stored it). It may not have been asked with AFHR_FLPR_YN=X.")
    assert "not known" not in run(capsys, "show", "2026-11-20")[0]
    _, err = run(capsys, "show", "2026-11-24", "--param", "PRCS_DVSN=01", "--account", "env", code=6)
    assert "The nearest days: 2026-11-20" in err


@pytest.mark.usefixtures("filled", "_set_up")
def test_a_query_of_which_nothing_is_stored_is_told_with_what_is(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["list"], ["show", "2026-11-20"], ["export", "x.csv"]):
        _, err = run(capsys, *command, "--param", "PRCS_DVSN=01", code=6)
        assert "no day is stored: env 8765****-22 (real, PRCS_DVSN=01)" in err
        assert f"Other histories: 8765****-22 (real): --account {KEY.letters}" in err


def test_of_an_account_that_is_set_up_no_more_too(filled: History, capsys: pytest.CaptureFixture[str]) -> None:
    """Its letters are the same: without --param its usual days, and where it was only asked in another way, these."""
    filled.store(ASKED)
    assert "2026-11-24" not in run(capsys, "list", "--account", KEY.letters)[0]
    assert "2026-11-24" in run(capsys, "list", "--account", KEY.letters, "--param", "AFHR_FLPR_YN=X")[0]
    filled.prune(Rule(all_before=at(24).date()))
    assert "2026-11-24" in run(capsys, "list")[0]
    filled.store(replace(ASKED, parameters={"AFHR_FLPR_YN": "Y"}, as_of=at(25)))
    _, err = run(capsys, "list", code=2)
    assert "AFHR_FLPR_YN=X" in err
    assert "AFHR_FLPR_YN=Y" in err


# prune


def fetches(home: Path) -> int:
    return int(sql(str(home), "SELECT COUNT(*) FROM kis_snapshot")[0][0])


@pytest.fixture
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kst, "now", lambda: at(23, 17))


@pytest.mark.usefixtures("filled", "_set_up", "_today")
def test_pruning_is_announced_and_asked_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "prune", "--dry-run")[0] == "would go: all accounts, 0 fetches, 0 days altogether\n"
    assert run(capsys, "prune", "--keep-days", "3", "--dry-run")[0] == "would go: all accounts, 1 fetches, 0 days altogether\n"
    assert "there is no terminal to ask at" in run(capsys, "prune", "--keep-days", "3", code=2)[1]
    assert fetches(home) == 4
    out, _ = run(capsys, "prune", "--keep-days", "3", "--yes")
    assert out.startswith("removed: all accounts, 1 fetches, 0 days altogether\nsize: ")
    assert fetches(home) == 3


@pytest.mark.usefixtures("_set_up", "_today")
def test_days_are_removed_only_when_they_are_named(home: Path, filled: History, capsys: pytest.CaptureFixture[str]) -> None:
    filled.store(OTHER)
    out, _ = run(capsys, "prune", "--before", "2026-11-20", "--account", "env", "--yes")
    assert out.startswith("removed: env  8765****-22 (real), 2 fetches, 1 days altogether")
    assert [day.day for day in filled.days(KEY)] == [20, 23]
    assert len(filled.days(AccountKey.of(OTHER))) == 1
    run(capsys, "prune", "--on", "20261120", "--yes")
    assert [day.day for day in filled.days(KEY)] == [23]
    run(capsys, "prune", "--before", "2099-01-01", "--account", AccountKey.of(OTHER).letters, "--yes")
    assert filled.accounts() == [KEY]


@pytest.mark.usefixtures("filled", "_set_up", "_today")
def test_one_rule_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert "exclude each other" in run(capsys, "prune", "--before", "2026-11-20", "--keep-days", "3", code=2)[1]


@pytest.mark.usefixtures("filled", "_set_up", "_today")
def test_room_that_cannot_be_given_back_now_is_no_failure(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = OutputError(Text("안 됨", "not now"))
    monkeypatch.setattr(History, "compact", lambda _: (_ for _ in ()).throw(fault))
    out, err = run(capsys, "prune", "--on", "2026-11-20", "--yes")
    assert out.startswith("removed: ")
    assert err == "warning: not now\n"
    assert fetches(home) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such terminals on Windows")
def test_on_a_terminal_it_is_asked(home: Path, filled: History) -> None:
    import pexpect  # noqa: PLC0415 (not on Windows)

    environment = os.environ | {"TERM": "xterm"}
    for answer, left in (("n", 4), ("y", 2)):
        asked = pexpect.spawn(
            sys.executable, ["-m", "kis_xl", "history", "prune", "--before", "2026-11-20"], env=environment, encoding="utf-8", timeout=30
        )
        asked.expect_exact("2 fetches, 1 days altogether. Remove them? [y/N]")
        asked.sendline(answer)
        asked.expect(pexpect.EOF)
        asked.close()
        assert asked.exitstatus == 0
        assert fetches(home) == left


# elsewhere


def test_the_commands_work_on_a_server(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    address = postgresql.new()
    monkeypatch.setenv("KIS_XL_HISTORY_URL", address)
    with closing(History(address)) as history:
        history.store(demo(at(20, 9)))
        history.store(demo(at(20)))
    assert "2026-11-20 16:00" in run(capsys, "list")[0]
    assert "A stored balance" in run(capsys, "show", "2026-11-20")[0]
    assert json.loads(run(capsys, "year", "2026", "--json")[0])["last"] == "2026-11-20"
    assert "0 fetches" in run(capsys, "prune", "--before", "2026-11-20", "--dry-run")[0]
    assert run(capsys, "prune", "--on", "2026-11-20", "--yes")[0].startswith("removed: all accounts, 2 fetches, 1 days altogether")
    assert not home.exists()


def test_an_account_is_the_one_of_its_balances() -> None:
    assert AccountKey.of(account()) == KEY
