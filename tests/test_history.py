"""The stored history: what goes in comes out digit for digit, whatever happens to the process, the disk or the file."""

from __future__ import annotations

import logging
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kis_xl import kst
from kis_xl.accounts import Account, AccountNumber
from kis_xl.datafolder import DataFolder
from kis_xl.errors import ArgumentError, ConfigError, DataError, KisError, OutputError
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, Holding, Kind, by_key
from kis_xl.history import AccountKey, History, Stored, database
from kis_xl.models import Balance
from kis_xl.parsing import read_holdings, read_summary
from kis_xl.redaction import Secret
from tests.broker_kit import broker_for, demo_account, simulated
from tests.conftest import REPOSITORY
from tests.rows import holding_row, summary_row

DAY = date(2026, 11, 20)
AS_OF = datetime(2026, 11, 20, 16, 5, 9, 123456, kst.KST)
HOLDING, SUMMARY = by_key(HOLDING_FIELDS), by_key(SUMMARY_FIELDS)
TOTALS = summary_row(tot_evlu_amt="10010135", asst_icdc_erng_rt="0.04622453")
POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="Windows has neither these permissions nor this limit")


def balance(
    as_of: datetime = AS_OF, rows: list[dict[str, str]] | None = None, totals: dict[str, str] | None = TOTALS, **more: Any
) -> Balance:
    return Balance(
        account=more.get("account", AccountNumber.parse("87651234-22")),
        name="연금",
        environment=more.get("environment", Environment.REAL),
        as_of=as_of,
        holdings=tuple(read_holdings([holding_row()] if rows is None else rows)[0]),
        summary=None if totals is None else read_summary(totals)[0],
        pages=1,
        parameters={},
        host=more.get("host", Environment.REAL.host),
    )


def demo(as_of: datetime = AS_OF, rows: int = 60) -> Balance:
    """The simulator's account, as it would be fetched at `as_of`."""
    account = demo_account(rows=rows)
    return balance(as_of, account.holdings(), account.summary())


KEY = AccountKey.of(balance())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def history(home: Path) -> Iterator[History]:
    with closing(History(DataFolder(home))) as opened:
        yield opened


@pytest.fixture
def file(home: Path) -> Path:
    return home / "history" / "history.sqlite"


def sql(file: Path, *statements: str) -> list[Any]:
    """Do something to the file behind the history's back; the last statement's rows."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A process of its own."""
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    """What is left of its output, once it has ended."""
    return process.communicate(timeout=60)[0]


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
    account = Account("연금", AccountNumber.parse("87651234-22"), Secret("k" * 36), Secret("s" * 180))
    assert AccountKey.of(account) == KEY
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
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
ROWS = st.lists(st.builds(Holding, *[VALUES.get(field.kind, TEXTS) for field in HOLDING_FIELDS]), max_size=4)


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_any_rows_come_back_in_their_order(rows: list[Holding]) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(History(DataFolder(Path(folder)))) as history:
        history.store(replace(balance(), holdings=tuple(rows)))
        stored = history.on_or_before(KEY, DAY)
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


def test_the_tables_are_the_documents(history: History, file: Path) -> None:
    history.store(balance(rows=[holding_row(pchs_avg_pric="198600.0000", evlu_erng_rt="0.00000000")]))
    columns = {
        table: [name for _, name, *_ in sql(file, f"PRAGMA table_info({table})")]  # a name of ours
        for table in ("kis_holding", "kis_summary")
    }
    assert columns["kis_holding"] == ["snapshot", "place", *HOLDING]
    assert columns["kis_summary"] == ["snapshot", *SUMMARY]
    assert sql(file, "SELECT pchs_avg_pric, evlu_erng_rt FROM kis_holding") == [("198600.0000", "0.00000000")]  # not 0E-8
    assert sql(file, "SELECT version FROM kis_schema") == [(1,)]
    assert sql(file, "PRAGMA journal_mode") == [("wal",)]


def test_a_snapshots_rows_go_with_it(history: History, file: Path) -> None:
    from sqlalchemy import delete  # noqa: PLC0415

    from kis_xl.history.schema import snapshot  # noqa: PLC0415

    history.store(balance())
    history.store(balance(at(21)))
    history._records()._database.write(lambda connection: connection.execute(delete(snapshot).where(snapshot.c.day == DAY)))
    assert history.days(KEY) == [date(2026, 11, 21)]
    assert sql(file, "SELECT COUNT(*) FROM kis_holding UNION ALL SELECT COUNT(*) FROM kis_summary") == [(1,), (1,)]


# what is asked


def at(day: int, hour: int = 16) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=kst.KST)


def worth(amount: int) -> dict[str, str]:
    return summary_row(tot_evlu_amt=str(amount))


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


def test_a_history_that_never_was_is_empty_and_makes_no_file(history: History, home: Path) -> None:
    assert history.days(KEY) == []
    assert history.on_or_before(KEY, DAY) is None
    assert history.series(KEY, SUMMARY["tot_evlu_amt"]) == history.series(KEY, HOLDING["evlu_amt"], code="005930") == []
    assert not home.exists()


def test_questions_read_no_more_than_they_need(history: History, file: Path) -> None:
    """Ten years are searched by the keys: no question reads a table from one end to the other."""
    history.store(balance())
    asked: list[tuple[str, Any]] = []
    opened = history._records()._database._engine
    from sqlalchemy import event  # noqa: PLC0415

    event.listen(opened, "before_cursor_execute", lambda _, __, statement, given, *___: asked.append((statement, given)))
    history.days(KEY)
    history.on_or_before(KEY, DAY)
    history.series(KEY, SUMMARY["tot_evlu_amt"])
    history.series(KEY, HOLDING["evlu_amt"], DAY, DAY, "005930")
    questions = [(statement, given) for statement, given in asked if statement.startswith("SELECT") and "kis_snapshot" in statement]
    assert len(questions) >= 4
    with closing(sqlite3.connect(file)) as connection:
        plans = [" | ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {one}", given)) for one, given in questions]
    for plan in plans:
        assert "SCAN kis_" not in plan
    assert any("kis_holding USING INDEX" in plan and "snapshot=? AND pdno=?" in plan for plan in plans)


# secrets


def test_the_accounts_number_is_in_no_file(history: History, home: Path, file: Path) -> None:
    history.store(balance(at(16)))
    with closing(sqlite3.connect(file)) as reader:  # while somebody reads, what is written stays in the file beside
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM kis_snapshot").fetchall()
        history.store(balance())
        names = {path.name for path in home.rglob("*") if path.is_file()}
        assert names == {"history.sqlite", "history.sqlite-wal", "history.sqlite-shm"}
        written = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert b"8765****-22" in written
    for number in ("87651234", "5123422", "51234-22"):
        assert number.encode() not in written
        assert number.encode("utf-16-le") not in written


@POSIX_ONLY
def test_the_files_are_their_owners(history: History, home: Path, file: Path) -> None:
    history.store(balance(at(16)))
    with closing(sqlite3.connect(file)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM kis_snapshot").fetchall()
        history.store(balance())
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (home, *home.rglob("*"))}
    assert modes == {
        "home": 0o700, "history": 0o700, "history.sqlite": 0o600, "history.sqlite-wal": 0o600, "history.sqlite-shm": 0o600,
    }  # fmt: skip
    file.chmod(0o644)
    history.store(balance(at(21)))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@POSIX_ONLY
def test_the_file_is_its_owners_from_its_beginning(history: History, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "keep_to_owner", lambda _: None)
    history.store(balance())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_figures_are_not_logged(history: History, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "sqlalchemy.engine"):
        history.store(balance(totals=worth(918273645)))
    assert "INSERT INTO kis_summary" in caplog.text
    assert "918273645" not in caplog.text


# processes and threads

IMPORTED = """
import sys
from datetime import date
from kis_xl.fields import SUMMARY_FIELDS
from kis_xl.history import AccountKey, History
from kis_xl.datafolder import DataFolder
from pathlib import Path
def loaded(): return [name for name in ("sqlalchemy", "sqlite3") if name in sys.modules]
print(loaded())
with_nothing = History(DataFolder(Path(sys.argv[1])))
key = AccountKey("real", "", "", "")
with_nothing.days(key), with_nothing.on_or_before(key, date.today()), with_nothing.series(key, SUMMARY_FIELDS[0], None, None)
with_nothing.close()
print(loaded())
"""


def test_the_database_library_waits_until_it_is_needed(home: Path) -> None:
    assert said(python(IMPORTED, home)) == "[]\n[]\n"


KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from tests.test_history import DataFolder, History, at, demo

def kill(*_):
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

def look(connection, cursor, statement, *_):
    if statement.strip().startswith(sys.argv[2]):
        kill()

event.listen(Engine, "before_cursor_execute", look)
if sys.argv[2] == "COMMIT":
    event.listen(Engine, "commit", kill)
History(DataFolder(Path(sys.argv[1]))).store(demo(at(18), rows=int(sys.argv[3])))
print("not killed")
"""


@pytest.mark.parametrize("rows", [60, 12_000], ids=["small", "larger than the cache"])
@pytest.mark.parametrize("moment", ["INSERT INTO kis_holding", "INSERT INTO kis_summary", "COMMIT"])
def test_killed_in_the_middle_of_a_store(history: History, moment: str, rows: int, home: Path) -> None:
    history.store(demo(at(16)))
    process = python(KILLED, home, moment, rows)
    assert said(process) == ""
    assert process.returncode != 0
    assert history.days(KEY) == [date(2026, 11, 16)]
    assert history.on_or_before(KEY, DAY) == Stored(at(16), demo().holdings, demo().summary)
    assert history.store(demo(at(18))) is True


@pytest.mark.parametrize("moment", ["CREATE TABLE kis_holding", "INSERT INTO kis_schema", "INSERT INTO kis_snapshot"])
def test_killed_in_the_middle_of_the_first_store(history: History, moment: str, home: Path) -> None:
    assert said(python(KILLED, home, moment, 60)) == ""
    assert history.days(KEY) == []
    assert history.store(demo()) is True
    assert history.days(KEY) == [DAY]


STORES = """
import sys
from datetime import timedelta
from pathlib import Path
from time import sleep
from tests.test_history import AS_OF, DataFolder, History, demo

home, first, last, gate = sys.argv[1:]
balances = [demo(AS_OF + timedelta(minutes=number), rows=25) for number in range(int(first), int(last))]
history = History(DataFolder(Path(home)))
print("ready", flush=True)
while not Path(gate).exists():
    sleep(0.002)
for balance in balances:
    print(int(history.store(balance)), flush=True)
"""


def let_go(processes: list[subprocess.Popen[str]], gate: Path) -> None:
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    gate.touch()


def test_killed_at_any_moment(history: History, home: Path, file: Path, tmp_path: Path) -> None:
    """What was reported as stored is there, and nothing is there in part."""
    reported = 0
    for attempt in range(6):
        gate = tmp_path / f"gate{attempt}"
        process = python(STORES, home, 1000 * attempt, 1000 * attempt + 300, gate)
        let_go([process], gate)
        assert process.stdout is not None
        first = "".join(process.stdout.readline() for _ in range(random.randint(1, 12)))
        process.kill()
        reported += (first + said(process)).count("1\n")
    assert history.store(demo(at(1)))
    rows = "(SELECT COUNT(*) FROM kis_holding WHERE snapshot = id)"
    totals = "(SELECT COUNT(*) FROM kis_summary WHERE snapshot = id)"
    *whole, last = sql(file, f"SELECT {rows}, {totals} FROM kis_snapshot ORDER BY id")  # noqa: S608 (nothing of another's)
    assert (set(whole), last) == ({(25, 1)}, (60, 1))
    assert reported <= len(whole) <= reported + 6  # a process can be killed after it stored and before it says so
    assert sql(file, "SELECT COUNT(*) FROM kis_holding") == [(25 * len(whole) + 60,)]
    assert sql(file, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("same", [False, True], ids=["balances of their own", "the same balances"])
def test_processes_store_at_once_from_the_very_first(history: History, home: Path, file: Path, tmp_path: Path, same: bool) -> None:
    processes = [python(STORES, home, first := 0 if same else 15 * number, first + 15, tmp_path / "gate") for number in range(4)]
    let_go(processes, tmp_path / "gate")
    answers = [said(process).split() for process in processes]
    assert [len(each) for each in answers] == [15] * 4
    stored = sum(each.count("1") for each in answers)
    assert stored == (15 if same else 60)
    assert sql(file, "SELECT COUNT(*), COUNT(DISTINCT as_of) FROM kis_snapshot") == [(stored, stored)]
    assert history.on_or_before(KEY, DAY) == Stored(AS_OF + timedelta(minutes=stored - 1), demo(rows=25).holdings, demo(rows=25).summary)


def test_threads_share_a_history(history: History) -> None:
    outcomes: list[object] = []

    def work(number: int) -> None:
        for minute in range(5):
            outcomes.append(history.store(balance(at(16 + number) + timedelta(minutes=minute))))
            outcomes.append(len(history.series(KEY, HOLDING["evlu_amt"], code="005930")) > 0)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [True] * 40
    assert len(history.days(KEY)) == 4


# what goes wrong


def told(kind: type[KisError], act: Callable[[], object], file: Path) -> KisError:
    """The error of that very kind: it names the file, says what to do, and carries nothing of the libraries'."""
    with pytest.raises(KisError) as caught:
        act()
    error = caught.value
    assert type(error) is kind
    for text in (*error.what, *error.hint):
        assert text
    assert all(str(file) in text for text in error.what)
    assert error.__cause__ is error.__context__ is None
    assert "sqlalchemy" not in f"{error.what} {error.hint} {error.args}".lower()
    return error


def everything(history: History) -> list[Callable[[], object]]:
    return [
        lambda: history.store(balance(AS_OF + timedelta(hours=1))),
        lambda: history.days(KEY),
        lambda: history.on_or_before(KEY, DAY),
        lambda: history.series(KEY, SUMMARY["tot_evlu_amt"]),
        lambda: history.series(KEY, HOLDING["evlu_amt"], code="005930"),
    ]


def beside(file: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in file.parent.iterdir()}


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_newer_history_is_refused_and_left_alone(history: History, file: Path, mode: str) -> None:
    history.store(balance())
    sql(file, f"PRAGMA journal_mode={mode}", "UPDATE kis_schema SET version = 2", "DROP TABLE kis_summary")
    before = beside(file)
    for act in everything(history):
        error = told(ConfigError, act, file)
        assert "Update kis_xl" in error.hint.en
        assert "2" in error.what.en
    assert beside(file) == before


def test_a_history_of_which_only_the_version_is_known_is_refused(history: History, file: Path) -> None:
    file.parent.mkdir(parents=True)
    sql(file, "CREATE TABLE kis_schema (version INTEGER)", "INSERT INTO kis_schema VALUES (7)")
    before = beside(file)
    for act in everything(history):
        told(ConfigError, act, file)
    assert beside(file) == before


def overwritten(start: int, data: bytes) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        content = bytearray(file.read_bytes())
        content[start : start + len(data)] = data
        file.write_bytes(content)

    return damage


TABLES = ("schema", "holding", "summary", "snapshot")
DAMAGES: dict[str, Callable[[Path], object]] = {
    "text": lambda file: file.write_text("date,value\n2026-11-20,1\n"),
    "a long text": lambda file: file.write_bytes(b"this is not a database. " * 1000),
    "a header and nothing": lambda file: file.write_bytes(b"SQLite format 3\x00" + b"\xff" * 8176),
    "a header overwritten": overwritten(0, b"\x00" * 100),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:4096]),
    "the first page overwritten": overwritten(100, b"\xaa" * 3996),
    "the rest overwritten": overwritten(4096, b"\xaa" * 10**6),
    "another program's": lambda file: sql(file, "CREATE TABLE notes (text)", *(f"DROP TABLE kis_{table}" for table in TABLES)),
    "no version": lambda file: sql(file, "DELETE FROM kis_schema"),
    "a version that never was": lambda file: sql(file, "UPDATE kis_schema SET version = 0"),
    "a table gone": lambda file: sql(file, "DROP TABLE kis_snapshot"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_file_that_is_no_history_is_named_and_left_alone(history: History, file: Path, damage: Callable[[Path], object]) -> None:
    history.store(demo())
    damage(file)
    before = beside(file)
    for act in everything(history):
        error = told(DataError, act, file)
        assert "move the file elsewhere" in error.hint.en
    assert beside(file) == before
    file.rename(file.with_suffix(".old"))  # what the hint says
    assert history.store(balance()) is True
    assert history.days(KEY) == [DAY]


PLANTED = "4815162342"
WRONG_VALUES = (
    "UPDATE kis_holding SET evlu_amt = 'x4815162342'",
    "UPDATE kis_holding SET pchs_avg_pric = 'x4815162342'",
    "UPDATE kis_holding SET loan_dt = 'x4815162342'",
    "UPDATE kis_holding SET prdt_name = CAST(x'ff' || 'locked 4815162342' AS TEXT)",
    "UPDATE kis_snapshot SET as_of = day || ' 4815162342'",
    "ALTER TABLE kis_holding RENAME COLUMN sbst_pric TO x4815162342",
)


@pytest.mark.parametrize("statement", WRONG_VALUES)
def test_values_that_cannot_be_read_are_not_shown(history: History, file: Path, statement: str) -> None:
    history.store(balance())
    sql(file, statement)
    error = told(DataError, lambda: history.on_or_before(KEY, DAY), file)
    assert PLANTED not in "".join(traceback.format_exception(error)) + repr(error.__dict__)


def test_values_that_are_written_are_not_shown(history: History, file: Path) -> None:
    history.store(balance())
    sql(file, "CREATE TRIGGER t BEFORE INSERT ON kis_holding BEGIN SELECT RAISE(ABORT, 'refused'); END")
    given = balance(at(21), rows=[holding_row(evlu_amt=PLANTED)])
    error = told(DataError, lambda: history.store(given), file)
    assert PLANTED not in "".join(traceback.format_exception(error)) + repr(error.__dict__)
    assert history.days(KEY) == [DAY]


def test_a_lock_is_waited_for_only_so_long(history: History, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history.store(balance())
    history.close()
    monkeypatch.setattr(database, "PATIENCE", 0.1)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        error = told(OutputError, lambda: history.store(balance(at(21))), file)
        assert "another program" in error.what.en
        assert history.days(KEY) == [DAY]  # readers do not wait
        other.execute("ROLLBACK")
    assert history.store(balance(at(21))) is True


def test_a_refusal_that_sqlite_does_not_wait_out_is_tried_again(history: History) -> None:
    """Of processes that make the file at the same moment SQLite refuses some at once, whatever the patience."""
    opened, refusals = history._records()._database, [sqlite3.OperationalError("database is locked")] * 3

    def refuse(*_: object) -> None:
        if refusals:
            raise refusals.pop()

    from sqlalchemy import event  # noqa: PLC0415

    event.listen(opened._engine, "connect", refuse)
    assert history.store(balance()) is True
    assert refusals == []


def test_a_store_has_the_lock_from_its_beginning(history: History, file: Path) -> None:
    """One that begins by reading could be refused when it comes to write, and would have to begin again."""
    history.store(balance())
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as other:

        def intrude(_: object) -> str:
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            return "refused"

        assert history._records()._database.write(intrude) == "refused"


def test_a_lock_that_goes_away_is_waited_for(history: History, file: Path) -> None:
    history.store(balance())
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.3, other.execute, ["ROLLBACK"])
        release.start()
        assert history.store(balance(at(21))) is True
        release.join()


def test_a_full_disk_loses_nothing(history: History, file: Path) -> None:
    from sqlalchemy import event  # noqa: PLC0415

    history.store(balance())
    pages = sql(file, "PRAGMA page_count")[0][0]
    engine = history._records()._database._engine

    def fill(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(engine, "connect", fill)
    error = told(OutputError, lambda: history.store(demo(at(21), rows=200)), file)
    assert "disk is full" in error.what.en
    assert history.days(KEY) == [DAY]
    event.remove(engine, "connect", fill)
    assert history.store(demo(at(21), rows=200)) is True


LIMITED = """
import resource, sys
from pathlib import Path
from tests.test_history import KEY, DataFolder, History, KisError, at, demo

file = Path(sys.argv[1]) / "history" / "history.sqlite"
history = History(DataFolder(Path(sys.argv[1])))
history.store(demo(at(16)))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10_000, hard))
try:
    history.store(demo(at(18), rows=2000))
except KisError as error:
    print(type(error).__name__, str(file) in str(error), error.__context__)
print(len(history.days(KEY)))
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(history.store(demo(at(18), rows=2000)), len(history.days(KEY)))
"""


@POSIX_ONLY
def test_a_disk_that_takes_no_more_loses_nothing(home: Path) -> None:
    """Here it is the operating system that refuses to write."""
    assert said(python(LIMITED, home)) == "OutputError True None\n1\nTrue 2\n"


READ_ONLY = """
import os, sys
from pathlib import Path
from tests.test_history import AS_OF, DAY, KEY, DataFolder, History, KisError, at, balance

home = Path(sys.argv[1])
history = History(DataFolder(home))
history.store(balance())
places = [home / "history" / "history.sqlite", home / "history", home]
for place in places:
    place.chmod(0o500 if place.is_dir() else 0o400)
if os.geteuid() == 0:  # nothing is read-only to root
    for place in places:
        os.chown(place, 65534, 65534)
    os.setgid(65534)
    os.setuid(65534)
for act in (lambda: history.store(balance(at(21))), lambda: history.days(KEY)):
    try:
        print(act())
    except KisError as error:
        print(type(error).__name__, str(places[0]) in str(error), error.__context__)
"""


@POSIX_ONLY
def test_a_read_only_folder_is_told() -> None:
    home = Path(tempfile.mkdtemp())  # not pytest's folder, which only its owner can enter
    try:
        outcome = said(python(READ_ONLY, home))
    finally:
        for place in (home, home / "history"):
            place.chmod(0o700)
        shutil.rmtree(home)
    assert outcome == "OutputError True None\nOutputError True None\n"


def test_a_file_that_cannot_be_opened_is_told(history: History, file: Path) -> None:
    file.mkdir(parents=True)
    for act in everything(history):
        told(OutputError, act, file)
    assert file.is_dir()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a folder")
    with closing(History(DataFolder(tmp_path / "home"))) as history:
        with pytest.raises(ConfigError, match="data folder"):
            history.store(balance())
        told(OutputError, lambda: history.days(KEY), tmp_path / "home" / "history" / "history.sqlite")


# the file


@pytest.mark.parametrize("damaged", [False, True])
def test_no_connection_stays_open(history: History, file: Path, damaged: bool) -> None:
    from sqlalchemy import event  # noqa: PLC0415

    history.store(balance())
    if damaged:
        file.write_bytes(b"this is not a database. " * 100)
    made: list[sqlite3.Connection] = []
    event.listen(history._records()._database._engine, "connect", lambda connection, _: made.append(connection), insert=True)
    for act in everything(history):
        with suppress(DataError):
            act()
    assert len(made) == 5
    for connection in made:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


def test_nothing_is_held_between_calls(history: History, file: Path) -> None:
    history.store(balance())
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    copy = file.with_name("copy")
    shutil.copy(file, copy)
    history.store(balance(at(21)))
    copy.replace(file)
    assert history.days(KEY) == [DAY]
    shutil.rmtree(file.parent.parent)
    assert history.days(KEY) == []
    assert history.store(balance(at(22))) is True
    assert history.days(KEY) == [date(2026, 11, 22)]


def test_a_history_that_was_closed_opens_again(history: History) -> None:
    history.close()
    history.store(balance())
    history.close()
    history.close()
    assert history.days(KEY) == [DAY]


def test_an_empty_file_is_an_empty_history(history: History, file: Path) -> None:
    """A process that was killed between making the file and its tables leaves one."""
    file.parent.mkdir(parents=True)
    file.touch()
    assert history.days(KEY) == []
    assert history.store(balance()) is True
