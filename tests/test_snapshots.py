"""The newest balance of each account: one for all cells, one fetch at a time, kept on disk, never half."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kis_xl import kst, snapshots
from kis_xl.accounts import Account, AccountNumber
from kis_xl.broker import Broker
from kis_xl.datafolder import DataFolder
from kis_xl.errors import ArgumentError, Cancelled, ConfigError, KisError, NetworkError, ServerUnavailable
from kis_xl.excel.view import View
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, Holding, Kind, Summary
from kis_xl.history import AccountKey, History
from kis_xl.language import Text
from kis_xl.models import Balance
from kis_xl.parsing import Extra, read_holdings, read_summary
from kis_xl.redaction import Secret
from kis_xl.simulator import Simulator
from kis_xl.snapshots import Flight, Key, Snapshots, files
from tests.broker_kit import QUICK, account_of, demo_account, inquiries, read_token, simulated, token_calls
from tests.conftest import REPOSITORY
from tests.excel_kit import earlier, flown, until
from tests.rows import holding_row, summary_row

SLOW = "1=slow:0.4"
#: Waits for a slow answer.
POLICY = replace(QUICK, read_timeout=20.0)
AS_OF = datetime(2026, 11, 20, 16, 5, 9, 123456, kst.KST)
ACCOUNT = Account("연금", AccountNumber.parse("87651234-22"), Secret("k" * 36), Secret("s" * 180))


@pytest.fixture
def running() -> Iterator[Simulator]:
    """120 rows on three pages."""
    with simulated() as started:
        yield started


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def shelf(home: Path) -> Snapshots:
    return Snapshots(DataFolder(home), POLICY)


def key_of(running: Simulator, environment: Environment = Environment.REAL, **given: Any) -> Key:
    return Key.of(account_of(running.account(environment), running.url(environment)), **given)


def file_of(home: Path, key: Key) -> Path:
    return home / "snapshots" / f"{key.file_name}.json"


def at_once(number: int, work: Any) -> list[Any]:
    """What `work` returned or raised in so many threads, started together."""
    gate, outcomes = threading.Barrier(number), []

    def run() -> None:
        gate.wait()
        try:
            outcomes.append(work())
        except KisError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == number
    return outcomes


# one fetch, whoever asks


def test_many_threads_share_one_fetch(running: Simulator, shelf: Snapshots) -> None:
    key = key_of(running)
    balances = at_once(24, lambda: shelf.shown(key))
    assert len({id(balance) for balance in balances}) == 1
    assert len(inquiries(running)) == 3
    assert running.tokens_issued == 1


def test_many_threads_share_one_failure(running: Simulator, shelf: Snapshots) -> None:
    running.add_fault("1x99=APBK9999")
    key = key_of(running)
    assert {type(error) for error in at_once(24, lambda: shelf.shown(key))} == {shelf.state(key).error.__class__}
    assert len(inquiries(running)) == 1


def test_who_asks_while_a_fetch_is_under_way_joins_it(running: Simulator, shelf: Snapshots) -> None:
    running.add_fault(SLOW)
    key = key_of(running)
    flight = shelf.fly(key)
    assert [shelf.fly(key), shelf.fly(key_of(running))] == [flight, flight]  # an equal key is the same key
    assert shelf.shown(key) is flight.result()
    assert len(inquiries(running)) == 3


def test_each_account_and_each_set_of_options_has_a_fetch_of_its_own(running: Simulator, shelf: Snapshots) -> None:
    keys = [key_of(running), key_of(running, parameters={"PRCS_DVSN": "01"}), key_of(running, Environment.MOCK)]
    flights = [shelf.fly(key) for key in keys]
    assert len(set(map(id, flights))) == 3
    assert all(flight.wait(20) and flight.error is None for flight in flights)
    assert {call.params["PRCS_DVSN"] for call in inquiries(running)} == {"00", "01"}
    assert shelf.shown(keys[1]).parameters["PRCS_DVSN"] == "01"
    assert shelf.shown(keys[0]).parameters["PRCS_DVSN"] == "00"


PROCESS = """
import sys, time
from pathlib import Path
from kis_xl.datafolder import DataFolder
from kis_xl.snapshots import Key, Snapshots
from tests.broker_kit import account_of, demo_account
from tests.test_snapshots import POLICY
url, home, gate = sys.argv[1:]
shelf, key = Snapshots(DataFolder(Path(home)), POLICY), Key.of(account_of(demo_account(), url))
import kis_xl.broker, filelock
print("ready", flush=True)
while not Path(gate).exists():
    time.sleep(0.002)
balance = shelf.shown(key)
print(balance.as_of.isoformat(), len(balance.holdings), flush=True)
"""


def process(running: Simulator, home: Path, gate: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROCESS, running.real_url, str(home), str(gate)]
    started = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def test_processes_share_one_fetch(tmp_path: Path, home: Path) -> None:
    with simulated(latency=0.3) as running:
        started = [process(running, home, tmp_path / "gate") for _ in range(4)]
        (tmp_path / "gate").touch()
        said = {one.communicate(timeout=60)[0] for one in started}
        assert len(said) == 1
        assert said.pop().endswith(" 120\n")
        assert len(inquiries(running)) == 3
        assert len(token_calls(running)) == 1


def test_a_process_killed_with_the_lock_in_hand_stops_nobody(tmp_path: Path, home: Path, shelf: Snapshots) -> None:
    with simulated(faults=["1=hang"]) as running:
        stuck = process(running, home, tmp_path / "gate")
        (tmp_path / "gate").touch()
        until(lambda: inquiries(running))
        mine = shelf.fly(key_of(running))
        assert not mine.wait(0.3)
        stuck.kill()
        stuck.communicate()
        assert mine.wait(20)
        assert len(mine.result().holdings) == 120


def test_a_fetch_waits_for_another_process_no_longer_than_it_is_wanted(tmp_path: Path, home: Path, shelf: Snapshots) -> None:
    with simulated(faults=["1=hang"]) as running:
        stuck = process(running, home, tmp_path / "gate")
        (tmp_path / "gate").touch()
        until(lambda: inquiries(running))
        mine = shelf.fly(key_of(running))
        mine.call_off()
        assert mine.wait(10)
        stuck.kill()
        stuck.communicate()
    assert isinstance(mine.error, Cancelled)


# what is shown, and until when


def test_a_refresh_that_lands_changes_nothing_until_it_is_adopted(running: Simulator, shelf: Snapshots) -> None:
    key = key_of(running)
    before = shelf.shown(key)
    running.add_fault("1x99=ticking")
    flight = flown(shelf, key)
    assert flight.result() != before
    assert shelf.shown(key) is before
    shelf.adopt([(key, flight)])
    assert shelf.shown(key) is flight.result()


def test_several_accounts_change_together(running: Simulator, shelf: Snapshots) -> None:
    keys = [key_of(running), key_of(running, Environment.MOCK)]
    before = [shelf.shown(key) for key in keys]
    running.add_fault("2=APBK9999")  # the second page of the first account's
    flights = [(key, flown(shelf, key)) for key in keys]
    assert [shelf.shown(key) for key in keys] == before
    shelf.adopt(flights)
    assert shelf.shown(keys[0]) is before[0]
    assert shelf.shown(keys[1]) is flights[1][1].result()
    assert [shelf.state(key).error is None for key in keys] == [False, True]


def test_a_failed_refresh_keeps_the_last_data_in_memory_and_on_disk(running: Simulator, shelf: Snapshots, home: Path) -> None:
    key = key_of(running)
    before = shelf.shown(key)
    stored = file_of(home, key).read_bytes()
    running.add_fault("3x99=http:503")
    flight = flown(shelf, key)
    shelf.adopt([(key, flight)])
    state = shelf.state(key)
    assert (state.balance, state.error) == (before, flight.error)
    assert isinstance(state.error, ServerUnavailable)
    assert file_of(home, key).read_bytes() == stored
    running.reset()
    shelf.adopt([(key, flown(shelf, key))])
    assert state.error is None


def test_the_first_failure_is_repeated_without_calls_and_then_asked_again(running: Simulator, shelf: Snapshots) -> None:
    running.add_fault("1x2=APBK9999")
    key = key_of(running)
    for _ in range(50):
        with pytest.raises(KisError, match="APBK9999"):
            shelf.shown(key)
    assert len(inquiries(running)) == 1
    shelf.state(key).failed_at -= snapshots.PAUSE
    for _ in range(50):
        with pytest.raises(KisError, match="APBK9999"):
            shelf.shown(key)
    assert len(inquiries(running)) == 2
    shelf.state(key).failed_at -= snapshots.PAUSE
    assert len(shelf.shown(key).holdings) == 120
    assert shelf.state(key).error is None


def test_an_error_told_to_a_thousand_cells_keeps_no_frame_of_them(running: Simulator, shelf: Snapshots) -> None:
    running.add_fault("1=APBK9999")
    lengths = []
    for _ in range(20):
        with pytest.raises(KisError) as caught:
            shelf.shown(key_of(running))
        lengths.append(len(caught.traceback))
    assert len(set(lengths[1:])) == 1


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float | None]:
    """For how long each wait for a flight was meant."""
    asked: list[float | None] = []
    wait = Flight.wait

    def recorded(flight: Flight, seconds: float | None = None) -> bool:
        asked.append(seconds)
        return wait(flight, seconds)

    monkeypatch.setattr(Flight, "wait", recorded)
    return asked


def test_a_first_fetch_that_takes_long_is_told_and_then_shown(
    running: Simulator, shelf: Snapshots, monkeypatch: pytest.MonkeyPatch, waits: list[float | None]
) -> None:
    monkeypatch.setattr(snapshots, "PATIENCE", 0.2)
    running.add_fault("3=slow:1.0")
    key = key_of(running)
    for _ in range(3):
        with pytest.raises(NetworkError, match="first fetch is not done yet"):
            shelf.shown(key)
    assert waits[1:] == [0.0, 0.0]  # Excel waits once, not once a cell
    assert shelf.fly(key).wait(20)
    assert len(shelf.shown(key).holdings) == 120
    assert len(inquiries(running)) == 3


def test_cells_that_come_as_a_first_fetch_lands_start_no_second_one(running: Simulator, shelf: Snapshots) -> None:
    key = key_of(running)
    landed = shelf._landed
    seen: list[Balance] = []

    def landing(key: Key, flight: Flight) -> None:
        landed(key, flight)
        seen.append(shelf.shown(key))  # another cell, before whoever waits has woken up

    shelf._landed = landing  # type: ignore[method-assign]
    assert shelf.shown(key) is seen[0]
    assert len(inquiries(running)) == 3


def test_what_another_process_has_stored_meanwhile_is_shown_rather_than_fetched(running: Simulator, shelf: Snapshots, home: Path) -> None:
    key = key_of(running)
    running.add_fault("1=APBK9999")
    with pytest.raises(KisError):
        shelf.shown(key)
    stored = Snapshots(DataFolder(home), POLICY).shown(key)
    shelf.state(key).failed_at -= snapshots.PAUSE
    calls = len(running.calls)
    assert shelf.shown(key) == stored
    assert len(running.calls) == calls


def test_no_thread_to_fetch_in_is_an_error_that_does_not_last(
    running: Simulator, shelf: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: Flight) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(Flight, "start", none)
        with pytest.raises(RuntimeError):
            shelf.shown(key_of(running))
    assert len(shelf.shown(key_of(running)).holdings) == 120


def test_a_bug_ends_the_flight_and_stands_in_the_log_only(
    running: Simulator, shelf: Snapshots, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError("of the fetch")

    monkeypatch.setattr(Broker, "balance", bug)
    with pytest.raises(KisError) as caught:
        shelf.shown(key_of(running))
    assert (caught.value.code, "ZeroDivisionError" in str(caught.value)) == ("INTERNAL", True)
    assert "of the fetch" not in str(caught.value)
    assert "of the fetch" in caplog.text


# calling off


def test_calling_off_keeps_everything_as_it_was(running: Simulator, shelf: Snapshots, home: Path) -> None:
    key = key_of(running)
    before = shelf.shown(key)
    stored = file_of(home, key).read_bytes()
    days = History(DataFolder(home)).days(AccountKey.of(before))
    running.add_fault(SLOW)
    flight = shelf.fly(key)
    until(lambda: len(inquiries(running)) == 4)
    flight.call_off()
    assert flight.wait(20)
    shelf.adopt([(key, flight)])
    assert isinstance(flight.error, Cancelled)
    assert shelf.shown(key) is before
    assert shelf.state(key).error is None  # nothing is wrong: that is what the user wanted
    assert file_of(home, key).read_bytes() == stored
    assert History(DataFolder(home)).days(AccountKey.of(before)) == days
    assert len(inquiries(running)) == 4


def test_calling_off_after_the_last_page_stores_nothing(
    running: Simulator, shelf: Snapshots, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Broker.balance
    key = key_of(running)

    def then_called_off(broker: Broker, *given: Any) -> Balance:
        balance = whole(broker, *given)
        shelf.fly(key).call_off()
        return balance

    monkeypatch.setattr(Broker, "balance", then_called_off)
    with pytest.raises(Cancelled):
        shelf.shown(key)
    assert not file_of(home, key).exists()
    assert not (home / "history").exists()


def test_who_asks_after_calling_off_gets_another_fetch(running: Simulator, shelf: Snapshots) -> None:
    key = key_of(running)
    running.add_fault("1=slow:0.6")
    first = shelf.fly(key)
    until(lambda: inquiries(running))
    first.call_off()
    second = shelf.fly(key)
    assert second is not first
    assert second is shelf.fly(key)
    assert second.wait(20)
    assert first.done
    assert isinstance(first.error, Cancelled)
    assert len(second.result().holdings) == 120
    assert shelf.state(key).error is None
    assert shelf.shown(key) is second.result()
    calls = [call.time for call in inquiries(running)]
    assert len(calls) == 4
    assert calls[1] - calls[0] >= 0.6  # the second waited until the first had ended: one at a time


# on disk


def test_a_new_process_shows_what_is_on_disk_and_calls_nobody(running: Simulator, shelf: Snapshots, home: Path) -> None:
    running.add_fault("1x99=extra_field:new_key=5")
    before = shelf.shown(key_of(running))
    calls = len(running.calls)
    after = Snapshots(DataFolder(home), POLICY).shown(key_of(running))
    assert len(running.calls) == calls
    assert after is not before
    assert after == before
    assert repr(after) == repr(before)  # 1.0 == 1.00, but they are not written alike
    assert after.extras == before.extras != ()
    assert after.as_of.tzinfo == kst.KST


NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=8)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.DATE: st.none() | st.dates(),
    Kind.QUANTITY: st.integers(-(10**31), 10**31),
    Kind.WON: st.integers(-(10**31), 10**31),
    Kind.UNIT_PRICE: NUMBERS,
    Kind.PERCENT: NUMBERS,
}
TEXTS = st.text() | st.just("half a pair \ud83d")
ROWS = st.lists(st.builds(Holding, *[VALUES.get(field.kind, TEXTS) for field in HOLDING_FIELDS]), max_size=3)
TOTALS = st.none() | st.builds(Summary, *[VALUES.get(field.kind, TEXTS) for field in SUMMARY_FIELDS])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner)
)


def balance(**given: Any) -> Balance:
    values: dict[str, Any] = {
        "account": ACCOUNT.number,
        "name": ACCOUNT.name,
        "environment": Environment.REAL,
        "as_of": AS_OF,
        "holdings": tuple(read_holdings([holding_row(), holding_row(pdno="000660", loan_dt="20260102")])[0]),
        "summary": read_summary(summary_row(tot_evlu_amt="10010135"))[0],
        "pages": 1,
        "parameters": {"INQR_DVSN": "01"},
        "host": ACCOUNT.host,
    }
    return Balance(**(values | given))


@settings(max_examples=40, deadline=None)
@given(ROWS, TOTALS, TEXTS, st.lists(st.builds(Extra, st.sampled_from(["output1", "body"]), st.integers(1, 9), TEXTS, JSON), max_size=2))
def test_any_balance_comes_back_as_it_was(rows: list[Holding], totals: Summary | None, message: str, extras: list[Extra]) -> None:
    given = balance(holdings=tuple(rows), summary=totals, message=message, extras=tuple(extras))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "any.json"
        files.save(given, path)
        read = files.load(path, ACCOUNT)
    assert read is not None
    assert (repr(read), read.extras) == (repr(given), given.extras)


def test_a_snapshot_is_named_by_the_account_that_reads_it(tmp_path: Path) -> None:
    files.save(balance(), tmp_path / "a.json")
    read = files.load(tmp_path / "a.json", replace(ACCOUNT, name="노후"))
    assert read is not None
    assert read.name == "노후"


GARBAGE = {
    "empty": b"",
    "cut": b'{"format": 1, "holdings": [',
    "no JSON": b"<html>",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "not UTF-8": b"\xff\xfe\xfa",
    "deep": b"[" * 200_000,
    "NUL": b"\x00" * 100,
    "another program's": b'{"format": 1}',
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_file_that_is_no_snapshot_is_fetched_anew(running: Simulator, shelf: Snapshots, home: Path, content: bytes) -> None:
    key = key_of(running)
    DataFolder(home).part("snapshots")
    file_of(home, key).write_bytes(content)
    assert shelf.state(key).balance is None
    assert len(shelf.shown(key).holdings) == 120
    assert Snapshots(DataFolder(home), POLICY).state(key).balance == shelf.shown(key)


SPOILT: dict[str, Any] = {
    "format": [0, 2, "1", None],
    "file": ["another", None],
    "environment": ["paper", "", 1, None],
    "as_of": ["", "2026-11-20T16:05:09", "yesterday", 0, None],
    "parameters": [None, [], "INQR_DVSN=01", {"INQR_DVSN": 1}],
    "host": [None, 1],
    "pages": [None, "3", 1.5, True],
    "seconds": ["1", None],
    "message": [None, 7],
    "holdings": [None, {}, [[]], [None], ["x" * 26], [list(range(26))], [["005930"] * 27]],
    "holding_fields": [[], ["pdno"], None],
    "summary": [[], {}, 5, list(range(24))],
    "summary_fields": [["dnca_tot_amt"], None],
    "extras": [None, [[1]], [1]],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in SPOILT.items() for value in values])
def test_a_file_of_another_make_counts_as_none(tmp_path: Path, key: str, value: Any) -> None:
    path = tmp_path / "a.json"
    files.save(balance(), path)
    assert files.load(path, ACCOUNT) is not None
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {key: value}))
    assert files.load(path, ACCOUNT) is None


@pytest.mark.parametrize("key", SPOILT)
def test_a_file_that_lacks_something_counts_as_none(tmp_path: Path, key: str) -> None:
    path = tmp_path / "a.json"
    files.save(balance(), path)
    document = json.loads(path.read_bytes())
    del document[key]
    path.write_text(json.dumps(document))
    assert files.load(path, ACCOUNT) is None


WRONG_VALUES: dict[Kind, list[Any]] = {
    Kind.CODE: [None, 5930],
    Kind.TEXT: [None, 1, []],
    Kind.DATE: ["", "20261301", 46000, "2026-02-30"],
    Kind.QUANTITY: [None, "1", 1.0, True],
    Kind.WON: [None, "1", 1.0, False, 10**32],
    Kind.UNIT_PRICE: [None, "", "x", "NaN", "-Infinity", 1.5],
    Kind.PERCENT: [None, "sNaN", 8, []],
}


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, values in WRONG_VALUES.items() for value in values])
def test_a_value_that_does_not_fit_its_field_spoils_the_file(tmp_path: Path, kind: Kind, value: Any) -> None:
    path = tmp_path / "a.json"
    files.save(balance(), path)
    document = json.loads(path.read_bytes())
    place = next(place for place, field in enumerate(HOLDING_FIELDS) if field.kind is kind)
    document["holdings"][1][place] = value
    path.write_text(json.dumps(document))
    assert files.load(path, ACCOUNT) is None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_spoilt_byte_crashes_what_reads_it(data: st.DataObject) -> None:
    """A disk that lost some bytes: either no snapshot, or one that cells can show."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        files.save(balance(), path)
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
        read = files.load(path, ACCOUNT)
    if read is not None:
        view = View(read)
        assert len(view.rows.cells) == len(read.holdings)
        assert kst.now() - read.as_of
        assert read.checks()


def test_another_accounts_file_under_this_ones_name_is_not_shown(running: Simulator, shelf: Snapshots, home: Path) -> None:
    mine, theirs = key_of(running), key_of(running, Environment.MOCK)
    shelf.shown(theirs)
    file_of(home, mine).write_bytes(file_of(home, theirs).read_bytes())
    assert Snapshots(DataFolder(home), POLICY).state(mine).balance is None
    assert shelf.shown(mine).environment is Environment.REAL


def test_a_killed_process_leaves_the_old_snapshot_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.save(balance(), path)
    script = (
        "import itertools, sys\nfrom pathlib import Path\nfrom tests import test_snapshots as made\nfrom kis_xl.snapshots import files\n"
        "rows = made.balance().holdings * 500\nprint('ready', flush=True)\n"
        "for number in itertools.count():\n    files.save(made.balance(holdings=rows, pages=number), Path(sys.argv[1]))\n"
    )
    for attempt in range(4):
        writer = subprocess.Popen([sys.executable, "-c", script, str(path)], cwd=REPOSITORY, stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.02 + 0.017 * attempt)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        read = files.load(path, ACCOUNT)
        assert read is not None
        assert len(read.holdings) in (2, 1000)


# what cannot be stored is shown all the same


def unsaved(shelf: Snapshots, key: Key) -> Text:
    error = shelf.state(key).unsaved
    assert error is not None
    assert error.hint.en
    return error.what


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_atomically", full)


def test_a_full_disk_does_not_hide_the_data(running: Simulator, shelf: Snapshots, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of(running)
    with monkeypatch.context() as patched:
        full_disk(patched)
        shown = shelf.shown(key)
        assert len(shown.holdings) == 120
        assert "No space left" in unsaved(shelf, key).en
        assert "No space left" in unsaved(shelf, key).ko
        assert shelf.state(key).error is None
    assert not file_of(home, key).exists()
    assert History(DataFolder(home)).days(AccountKey.of(shown)) == [shown.as_of.date()]  # what can be kept is kept
    shelf.adopt([(key, flown(shelf, key))])
    assert shelf.state(key).unsaved is None
    assert file_of(home, key).exists()


def test_a_place_on_disk_that_is_taken_does_not_hide_the_data(running: Simulator, shelf: Snapshots, home: Path) -> None:
    key = key_of(running)
    for taken in (file_of(home, key), home / "history" / "history.sqlite", file_of(home, key).with_suffix(".lock")):
        (taken / "full").mkdir(parents=True)
    assert len(shelf.shown(key).holdings) == 120
    assert "not saved" in unsaved(shelf, key).en


def test_a_history_that_cannot_be_written_is_told_and_the_snapshot_kept(running: Simulator, shelf: Snapshots, home: Path) -> None:
    key = key_of(running)
    (home / "history" / "history.sqlite" / "full").mkdir(parents=True)
    shown = shelf.shown(key)
    assert "history" in unsaved(shelf, key).en
    assert unsaved(shelf, key).ko
    assert Snapshots(DataFolder(home), POLICY).state(key).balance == shown


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps no permission bits; the user's folder is theirs alone")
def test_what_is_kept_is_its_owners_alone(running: Simulator, shelf: Snapshots, home: Path) -> None:
    shelf.shown(key_of(running))
    kept = [home, *home.rglob("*")]
    assert len(kept) > 8
    assert [str(path) for path in kept if path.stat().st_mode & 0o077] == []


def test_no_data_folder_is_an_error_not_a_crash(running: Simulator, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    nowhere = Snapshots(DataFolder(tmp_path / "file"), POLICY)
    for _ in range(2):
        with pytest.raises(ConfigError, match="data folder"):
            nowhere.shown(key_of(running))
        with pytest.raises(ConfigError, match="data folder"):
            nowhere.fly(key_of(running))


def test_every_fetch_is_history_but_in_that_of_its_own_query(running: Simulator, shelf: Snapshots, home: Path) -> None:
    history = History(DataFolder(home))
    usual, other = key_of(running), key_of(running, parameters={"AFHR_FLPR_YN": "X"})
    shown = shelf.shown(other)
    assert AccountKey.of(shown) == AccountKey.of(usual.account, {"AFHR_FLPR_YN": "X"})
    assert [len(history.days(key)) for key in (AccountKey.of(shown), AccountKey.of(usual.account))] == [1, 0]
    shelf.shown(usual)
    assert [len(history.days(key)) for key in (AccountKey.of(shown), AccountKey.of(usual.account))] == [1, 1]


def test_a_balance_of_the_command_line_is_shown_by_the_next_start(running: Simulator, shelf: Snapshots, home: Path) -> None:
    key = key_of(running)
    with Broker(key.account, DataFolder(home), POLICY) as broker:
        fetched = broker.balance()
    assert shelf.keep(key, fetched) is None
    calls = len(running.calls)
    assert Snapshots(DataFolder(home), POLICY).shown(key) == fetched
    assert len(running.calls) == calls


def test_a_clock_that_was_set_back_stops_no_refresh(running: Simulator, shelf: Snapshots, monkeypatch: pytest.MonkeyPatch) -> None:
    key = key_of(running)
    before = shelf.shown(key)
    earlier(monkeypatch, timedelta(hours=2))
    shelf.adopt([(key, flown(shelf, key))])
    assert len(inquiries(running)) == 6
    assert shelf.shown(key).as_of < before.as_of


# what has a snapshot of its own

OTHERS: dict[str, dict[str, Any]] = {
    "number": {"number": AccountNumber.parse("87651235-22")},
    "product": {"number": AccountNumber.parse("87651234-01")},
    "environment": {"environment": Environment.MOCK},
    "host": {"base_url": "http://127.0.0.1:9443"},
    "parameters": {"parameters": {"AFHR_FLPR_YN": "X"}},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS.keys())
def test_another_account_is_another_snapshot(other: dict[str, Any]) -> None:
    mine, theirs = Key.of(ACCOUNT), Key.of(replace(ACCOUNT, **other))
    assert mine != theirs
    assert mine.file_name != theirs.file_name


def test_the_same_account_under_another_name_or_with_new_keys_is_the_same_file() -> None:
    again = replace(ACCOUNT, name="other", appkey=Secret("n" * 36), appsecret=Secret("t" * 180))
    assert Key.of(again).file_name == Key.of(ACCOUNT).file_name
    assert "87651234" not in Key.of(ACCOUNT).file_name
    assert "87651234" not in repr(Key.of(ACCOUNT))


def test_parameters_that_change_nothing_make_no_snapshot_of_their_own() -> None:
    plain = Key.of(ACCOUNT)
    unchanged: list[dict[str, str]] = [{}, {"INQR_DVSN": "01"}, {"inqr_dvsn": "01", "PRCS_DVSN": "00"}, {"afhr_flpr_yn": "n"}]
    for same in unchanged:
        assert (Key.of(ACCOUNT, same), hash(Key.of(ACCOUNT, same))) == (plain, hash(plain))
    with_x = replace(ACCOUNT, parameters={"AFHR_FLPR_YN": "X"})
    assert Key.of(with_x, {"AFHR_FLPR_YN": "X"}) == Key.of(with_x)
    assert Key.of(with_x, {"AFHR_FLPR_YN": "N"}).parameters == (("AFHR_FLPR_YN", "N"),)
    # asked for in either way, it is the same inquiry: one file
    assert Key.of(with_x).file_name == Key.of(ACCOUNT, {"AFHR_FLPR_YN": "X"}).file_name
    assert Key.of(with_x, {"AFHR_FLPR_YN": "N"}).file_name == plain.file_name
    with pytest.raises(ArgumentError):
        Key.of(ACCOUNT, {"CANO": "12345678"})


# secrets

APPKEY, APPSECRET, CANO = "PSplantedAppKeyThatNobodyMaySee00001", "planted+app/secret==" * 9, "73915826"


def test_nothing_that_is_kept_names_the_account_or_its_keys(home: Path) -> None:
    planted = replace(demo_account(rows=60), number=f"{CANO}-01", appkey=APPKEY, appsecret=APPSECRET)
    with simulated(planted, faults=[f"1x99=extra_field:acnt_no={CANO}"]) as running:
        account = account_of(planted, running.real_url, name=f"{CANO}-01")  # the user has called it by its number
        shelf, key = Snapshots(DataFolder(home), POLICY), Key.of(account)
        shown = shelf.shown(key)
        shelf.keep(
            key, replace(shown, message=f"KIOK0510 {CANO} {APPKEY}", extras=(*shown.extras, Extra("body", 1, "x", {"no": [int(CANO)]})))
        )
        running.add_fault("1=APBK9999")
        assert flown(shelf, key).error is not None
    token = read_token(next(home.glob("tokens/*.token")), planted)["access_token"]
    kept = [path for path in home.rglob("*") if path.is_file()]
    assert {path.parent.name for path in kept} == {"snapshots", "history", "limits", "tokens"} - (
        {"limits"} if not QUICK.limited else set()
    )
    for path in kept:
        content = str(path).encode() + path.read_bytes()
        assert [secret for secret in (APPKEY, APPSECRET, CANO, token) if secret.encode() in content] == [], path
