"""Call limits: kept over processes, exact under contention, and not to be stuck on."""

from __future__ import annotations

import itertools
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from kis_xl.broker.limits import Slots
from kis_xl.errors import ConfigError, RateLimitError
from kis_xl.fields import Environment
from kis_xl.policy import DEFAULT_RATES, Policy, Rate, calls_per_second
from tests.broker_kit import Limits, broker_for, demo_account, inquiries, simulated


def most_in_any(span: float, times: list[float]) -> int:
    """The most calls that fall into any `span` seconds."""
    return max(sum(1 for other in times if moment <= other < moment + span) for moment in times)


def test_so_many_in_any_span_and_no_more(tmp_path: Path) -> None:
    taken: list[float] = []
    with closing(Slots(tmp_path / "k.sqlite", Rate(5, 0.3), 10.0)) as slots:
        for _ in range(16):
            slots.take()
            taken.append(time.monotonic())
    assert most_in_any(0.3, taken) == 5


def test_threads_with_their_own_connections_share_one_limit(tmp_path: Path) -> None:
    taken: list[float] = []

    def take() -> None:
        with closing(Slots(tmp_path / "k.sqlite", Rate(3, 0.3), 20.0)) as slots:
            for _ in range(3):
                slots.take()
                taken.append(time.monotonic())

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 18
    # a thread may be put to sleep between its slot and its note of the time, hence the shorter span
    assert most_in_any(0.2, sorted(taken)) <= 3


def test_no_limit_takes_no_time_and_no_file(tmp_path: Path) -> None:
    with closing(Slots(tmp_path / "k.sqlite", None, 1.0)) as slots:
        slots.take()
    assert list(tmp_path.iterdir()) == []


def test_waiting_has_an_end(tmp_path: Path) -> None:
    with closing(Slots(tmp_path / "k.sqlite", Rate(1, 60.0), 0.2)) as slots:
        slots.take()
        with pytest.raises(RateLimitError, match=r"0\.2 s") as caught:
            slots.take()
    assert caught.value.exit_code == 4


def test_a_lock_held_by_another_is_waited_for_only_so_long(tmp_path: Path) -> None:
    with (
        FileLock(tmp_path / "k.sqlite.lock"),
        closing(Slots(tmp_path / "k.sqlite", Rate(1, 1.0), 0.2)) as slots,
        pytest.raises(RateLimitError),
    ):
        slots.take()


def test_a_clock_set_back_does_not_block(tmp_path: Path) -> None:
    with closing(Slots(tmp_path / "k.sqlite", Rate(1, 0.05), 1.0)) as slots:
        slots.take()
        assert slots._bucket is not None
        future = int((time.time() + 3600) * 1000)
        slots._bucket.conn.execute("UPDATE calls_4 SET item_timestamp = ?", (future,))
        slots._bucket.conn.commit()
        slots.take()


@pytest.mark.parametrize("content", [b"this is not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_broken_file_starts_anew(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "k.sqlite"
    file.write_bytes(content)
    with closing(Slots(file, Rate(2, 0.05), 1.0)) as slots:
        slots.take()
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT COUNT(*) FROM calls_4").fetchone() == (1,)
    connection.close()


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone").write_text("a file, not a folder")
    with closing(Slots(tmp_path / "gone" / "k.sqlite", Rate(1, 1.0), 1.0)) as slots, pytest.raises(ConfigError) as caught:
        slots.take()
    assert "KIS_XL_HOME" in caught.value.hint.en


def test_the_limits_are_the_services_with_a_margin() -> None:
    assert DEFAULT_RATES[Environment.REAL] == Rate(18, 1.05)
    assert DEFAULT_RATES[Environment.MOCK] == Rate(1, 1.1)
    assert calls_per_second(3) == Rate(3, 1.05)
    assert Policy(limited=False).rate_for(Environment.REAL) is None


def test_the_mock_limit_is_kept_and_used(tmp_path: Path) -> None:
    """Three pages of the mock host: 1.1 s apart, none refused."""
    with simulated(demo_account(Environment.MOCK, rows=60), limits=Limits()) as running:
        with broker_for(running, tmp_path, Environment.MOCK, policy=Policy()) as broker:
            assert len(broker.balance().holdings) == 60
        times = [call.time for call in inquiries(running)]
        assert running.refused == 0
        assert all(later - earlier >= 1.02 for earlier, later in itertools.pairwise(times))


def test_the_real_limit_is_kept(tmp_path: Path) -> None:
    """Thirty pages of the real host: not one refused by a server that counts eighteen in any second."""
    with simulated(demo_account(rows=1500), limits=Limits()) as running, broker_for(running, tmp_path, policy=Policy()) as broker:
        assert broker.balance().pages == 30
        assert running.refused == 0
        assert most_in_any(1.0, [call.time for call in running.calls]) == 18


def test_a_new_key_has_a_lower_limit(tmp_path: Path) -> None:
    account = replace(demo_account(rows=350), new_key=True)
    policy = Policy(rate=calls_per_second(3))
    with simulated(account, limits=Limits()) as running, broker_for(running, tmp_path, policy=policy) as broker:
        assert broker.balance().pages == 7
        assert running.refused == 0
