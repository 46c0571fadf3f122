"""The versions of the history's tables: an old one is read, and taken forward whole or not at all; a newer one is refused."""

from __future__ import annotations

from datetime import date

import pytest

from kis_xl.errors import ConfigError, DataError
from kis_xl.history import History, Pruned, Rule, Source, layouts
from tests.conftest import REPOSITORY
from tests.history_kit import AS_OF, DAY, HOLDING, KEY, KILLER, SUMMARY, at, balance, demo, python, said, sql

#: A history as the first version left it, with its own words; a server knows other names for two types, and counts by itself.
OLD = (REPOSITORY / "tests" / "data" / "history_v1.sql").read_text(encoding="utf-8")
_ON_A_SERVER = (("id INTEGER NOT NULL", "id SERIAL NOT NULL"), ("DATETIME", "TIMESTAMP WITHOUT TIME ZONE"))


@pytest.fixture
def old(place: str) -> str:
    """A place with a history of the first layout: two fetches of one day, one of another, which held nothing."""
    text = OLD
    if place.startswith("postgresql:"):
        for before, after in _ON_A_SERVER:
            text = text.replace(before, after)
        text += "SELECT setval('kis_snapshot_id_seq', 3);\n"
    statements = [each for each in text.split(";\n") if each.strip()]
    sql(place, *([] if place.startswith("postgresql:") else ["PRAGMA journal_mode=WAL"]), *statements)
    return place


def what_is_there(history: History) -> list[object]:
    stored = history.on_or_before(KEY, date(2026, 11, 16))
    assert stored is not None
    return [
        history.days(KEY),
        history.accounts(),
        [(stored.as_of, [(row.pdno, str(row.pchs_avg_pric), row.loan_dt, str(row.fltt_rt)) for row in stored.holdings])],
        history.series(KEY, SUMMARY["tot_evlu_amt"]),
        history.series(KEY, HOLDING["prdt_name"], code="005930"),
        [day.source for day in history.overview(KEY)],
        [each.as_of for each in history.walk(KEY)],
    ]


OLD_CONTENT = [
    [date(2026, 11, 16), DAY],
    [KEY],
    [(at(16, 15), [("005930", "198600.0000", None, "0.00"), ("0005A0", "0.0000", date(2026, 1, 2), "-0.58000000")])],
    [(date(2026, 11, 16), 2)],
    [(date(2026, 11, 16), "삼성전자")],
    [Source.SERVICE, Source.SERVICE],
    [at(16, 15), AS_OF],
]


def test_an_old_history_is_read_as_it_is(old: str, history: History) -> None:
    assert what_is_there(history) == OLD_CONTENT
    assert sql(old, "SELECT version FROM kis_schema") == [(1,)]


def test_the_first_store_takes_it_forward(old: str, history: History) -> None:
    assert history.store(balance()) is False
    assert sql(old, "SELECT version FROM kis_schema") == [(layouts.VERSION,)]
    assert what_is_there(history) == OLD_CONTENT
    assert history.store(demo(at(22)), source=Source.REPORT) is True
    assert [day.source for day in history.overview(KEY)] == [Source.SERVICE, Source.SERVICE, Source.REPORT]


def columns(place: str) -> list[tuple[str, str, str]]:
    """Each column with its type and whether it may be blank."""
    if place.startswith("postgresql:"):
        query = "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
        return sorted(sql(place, query + "WHERE table_schema = current_schema()"))
    tables = ("kis_schema", "kis_snapshot", "kis_holding", "kis_summary")
    return [(table, *row[1:4]) for table in tables for row in sql(place, f"PRAGMA table_info({table})")]


def test_what_was_taken_forward_is_as_if_it_were_made_so(old: str, history: History) -> None:
    history.store(balance(at(22)))
    taken_forward = columns(old)
    sql(old, *(f"DROP TABLE kis_{table}" for table in ("holding", "summary", "snapshot", "schema")))
    history.store(balance(at(22)))
    assert columns(old) == taken_forward


def test_processes_take_it_forward_once(old: str, history: History) -> None:
    code = "import sys; from tests.history_kit import *; print(history_at(sys.argv[1]).store(demo(at(int(sys.argv[2])), rows=3)))"
    processes = [python(code, old, day) for day in range(21, 25)]
    assert [said(process) for process in processes] == ["True\n"] * 4
    assert sql(old, "SELECT version FROM kis_schema") == [(layouts.VERSION,)]
    assert len(history.days(KEY)) == 6


KILLED = (
    KILLER
    + """
kill_at(sys.argv[2])
history_at(sys.argv[1]).store(demo(at(22)))
print("not killed")
"""
)


@pytest.mark.parametrize("moment", ["ALTER TABLE", "UPDATE kis_schema", "INSERT INTO kis_snapshot", "COMMIT"])
def test_killed_while_it_is_taken_forward(old: str, history: History, moment: str) -> None:
    assert said(python(KILLED, old, moment)) == ""
    assert sql(old, "SELECT version FROM kis_schema") == [(1,)]
    assert what_is_there(history) == OLD_CONTENT
    assert said(python(KILLED, old, "nothing")) == "not killed\n"
    assert len(history.days(KEY)) == 3


def test_a_newer_history_is_refused_and_left_alone(place: str, history: History) -> None:
    history.store(balance())
    sql(place, "UPDATE kis_schema SET version = version + 1")
    for act in (lambda: history.store(balance(at(22))), lambda: history.days(KEY)):
        with pytest.raises(ConfigError, match=str(layouts.VERSION + 1)) as caught:
            act()
        assert "Update kis_xl" in caught.value.hint.en
    assert sql(place, "SELECT COUNT(*) FROM kis_snapshot") == [(1,)]


def test_a_step_for_each_layout() -> None:
    assert list(layouts._FORWARD) == list(range(1, layouts.VERSION))


@pytest.mark.parametrize("damage", ["DROP TABLE kis_schema", "DELETE FROM kis_schema", "UPDATE kis_schema SET version = -3"])
def test_tables_of_no_layout_are_refused(place: str, history: History, damage: str) -> None:
    history.store(balance())
    sql(place, damage)
    for act in (lambda: history.store(balance(at(22))), lambda: history.days(KEY)):
        with pytest.raises(DataError, match="is damaged"):
            act()
    assert sql(place, "SELECT COUNT(*) FROM kis_snapshot") == [(1,)]


def test_what_an_old_history_holds_counts_with_every_query(old: str, history: History) -> None:
    """It does not know how it was asked; what is stored from now on does."""
    otherwise = KEY.asked_with({"AFHR_FLPR_YN": "X"})
    for _ in range(2):
        assert history.days(KEY) == history.days(otherwise) == [date(2026, 11, 16), DAY]
        assert [each.query for each in history.walk(KEY)] == [None, None]
        history.prune(Rule(all_before=date(2000, 1, 1)))  # nothing goes, and nothing is written
    history.store(balance(at(22)))
    history.store(balance(at(23), parameters={"AFHR_FLPR_YN": "X"}))
    assert [day.day for day in history.days(KEY)] == [16, 20, 22]
    assert [day.day for day in history.days(otherwise)] == [16, 20, 23]
    assert history.accounts() == [KEY, otherwise]


@pytest.mark.parametrize("is_forward", [False, True])
def test_what_counts_with_every_query_is_removed_with_the_usual_one_only(old: str, history: History, is_forward: bool) -> None:
    """Who throws away a trial with other parameters does not mean what nobody knows to belong to it."""
    otherwise = KEY.asked_with({"AFHR_FLPR_YN": "X"})
    if is_forward:
        history.store(balance(at(22), parameters={"AFHR_FLPR_YN": "X"}))
    everything = Rule(all_before=date(2027, 1, 1))
    assert history.prune(everything, otherwise) == Pruned(int(is_forward), int(is_forward))
    assert history.days(KEY) == [date(2026, 11, 16), DAY]
    assert history.prune(everything, KEY) == Pruned(3, 2)
    assert history.days(KEY) == []


def test_an_old_history_is_pruned_as_it_is(old: str, history: History) -> None:
    assert history.prune(Rule.keeping(1, date(2026, 11, 22)), KEY, dry_run=True) == Pruned(1, 0)
    assert sql(old, "SELECT version FROM kis_schema") == [(1,)]
    assert history.prune(Rule.keeping(1, date(2026, 11, 22)), KEY) == Pruned(1, 0)
    assert what_is_there(history) == OLD_CONTENT
