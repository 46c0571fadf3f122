"""The history while processes are killed, store at once and share it: nothing is lost, doubled or there in part."""

from __future__ import annotations

import random
import subprocess
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest

from kis_xl.history import History, Stored
from tests.history_kit import AS_OF, DAY, HOLDING, KEY, KILLER, at, balance, demo, python, said, sql

KILLED = (
    KILLER
    + """
kill_at(sys.argv[2])
history_at(sys.argv[1]).store(demo(at(18), rows=int(sys.argv[3])))
print("not killed")
"""
)


@pytest.mark.parametrize("rows", [60, 12_000], ids=["small", "larger than the cache"])
@pytest.mark.parametrize("moment", ["INSERT INTO kis_holding", "INSERT INTO kis_summary", "COMMIT"])
def test_killed_in_the_middle_of_a_store(history: History, place: str, moment: str, rows: int) -> None:
    history.store(demo(at(16)))
    process = python(KILLED, place, moment, rows)
    assert said(process) == ""
    assert process.returncode != 0
    assert history.days(KEY) == [date(2026, 11, 16)]
    assert history.on_or_before(KEY, DAY) == Stored(at(16), demo().holdings, demo().summary)
    assert history.store(demo(at(18))) is True


@pytest.mark.parametrize("moment", ["CREATE TABLE kis_holding", "INSERT INTO kis_schema", "INSERT INTO kis_snapshot"])
def test_killed_in_the_middle_of_the_first_store(history: History, place: str, moment: str) -> None:
    assert said(python(KILLED, place, moment, 60)) == ""
    assert history.days(KEY) == []
    assert history.store(demo()) is True
    assert history.days(KEY) == [DAY]


STORES = """
import sys
from datetime import timedelta
from time import sleep
from tests.history_kit import *

place, first, last, gate = sys.argv[1:]
balances = [demo(AS_OF + timedelta(minutes=number), rows=25) for number in range(int(first), int(last))]
history = history_at(place)
print("ready", flush=True)
while not Path(gate).exists():
    sleep(0.002)
for balance in balances:
    print(int(history.store(balance)), flush=True)
history.close()
"""


def let_go(processes: list[subprocess.Popen[str]], gate: Path) -> None:
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    gate.touch()


def test_killed_at_any_moment(history: History, place: str, tmp_path: Path) -> None:
    """What was reported as stored is there, and nothing is there in part."""
    reported = 0
    for attempt in range(6):
        gate = tmp_path / f"gate{attempt}"
        process = python(STORES, place, 100 * attempt, 100 * attempt + 60, gate)
        let_go([process], gate)
        assert process.stdout is not None
        first = "".join(process.stdout.readline() for _ in range(random.randint(1, 12)))
        process.kill()
        reported += (first + said(process)).count("1\n")
    assert history.store(demo(at(1)))
    rows = "(SELECT COUNT(*) FROM kis_holding WHERE snapshot = id)"
    totals = "(SELECT COUNT(*) FROM kis_summary WHERE snapshot = id)"
    *whole, last = sql(place, f"SELECT {rows}, {totals} FROM kis_snapshot ORDER BY id")  # noqa: S608 (nothing of another's)
    assert (set(whole), last) == ({(25, 1)}, (60, 1))
    assert reported <= len(whole) <= reported + 6  # a process can be killed after it stored and before it says so
    assert sql(place, "SELECT COUNT(*) FROM kis_holding") == [(25 * len(whole) + 60,)]


@pytest.mark.parametrize("same", [False, True], ids=["balances of their own", "the same balances"])
def test_processes_store_at_once_from_the_very_first(history: History, place: str, tmp_path: Path, same: bool) -> None:
    processes = [python(STORES, place, first := 0 if same else 15 * number, first + 15, tmp_path / "gate") for number in range(4)]
    let_go(processes, tmp_path / "gate")
    answers = [said(process).split() for process in processes]
    assert [len(each) for each in answers] == [15] * 4
    stored = sum(each.count("1") for each in answers)
    assert stored == (15 if same else 60)
    assert sql(place, "SELECT COUNT(*), COUNT(DISTINCT as_of) FROM kis_snapshot") == [(stored, stored)]
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


def test_one_question_sees_one_state(history: History, place: str) -> None:
    """What another stores while a question is asked is not in the answer: not its rows, not its totals."""
    from sqlalchemy import event  # noqa: PLC0415 (the database library)

    history.store(balance(at(16)))
    stored: list[bool] = []

    def intrude(_: object, __: object, statement: str, *___: object) -> None:
        if "FROM kis_holding" in statement and not stored:
            stored.append(True)
            said(python("import sys; from tests.history_kit import *; history_at(sys.argv[1]).prune(Rule(all_before=DAY))", place))

    engine = history._records().database.backend.reader
    event.listen(engine, "before_cursor_execute", intrude)
    found = history.on_or_before(KEY, DAY)
    event.remove(engine, "before_cursor_execute", intrude)
    assert stored
    assert found == Stored(at(16), balance().holdings, balance().summary)
    assert history.on_or_before(KEY, DAY) is None


PRUNED = (
    KILLER
    + """
from kis_xl.history import Rule
kill_at(sys.argv[2])
history_at(sys.argv[1]).prune(Rule.keeping(1, DAY))
print("not killed")
"""
)


@pytest.mark.parametrize("moment", ["DELETE FROM kis_snapshot", "COMMIT"])
def test_killed_while_it_prunes(history: History, place: str, moment: str) -> None:
    for hour in range(9, 15):
        history.store(demo(at(17, hour)))
    before = sql(place, "SELECT id, as_of FROM kis_snapshot ORDER BY id")
    assert said(python(PRUNED, place, moment)) == ""
    assert sql(place, "SELECT id, as_of FROM kis_snapshot ORDER BY id") == before
    assert sql(place, "SELECT COUNT(*) FROM kis_holding") == [(6 * 60,)]
    assert said(python(PRUNED, place, "nothing")) == "not killed\n"
    assert sql(place, "SELECT COUNT(*) FROM kis_holding") == [(60,)]
