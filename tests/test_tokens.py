"""One token per app key and environment, kept, shared, renewed in time, and never broken on disk."""

from __future__ import annotations

import logging
import stat
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from kis_xl import kst
from kis_xl.broker import Broker, tokens
from kis_xl.datafolder import DataFolder
from kis_xl.errors import AuthError, DataError, RateLimitError
from kis_xl.redaction import Secret
from kis_xl.simulator.tokens import TokenDesk
from tests.broker_kit import QUICK, Limits, account_of, broker_for, demo_account, inquiries, read_token, simulated, token_calls, write_token


def token_file(folder: Path) -> Path:
    (file,) = (folder / "tokens").glob("*.token")
    return file


def stored(folder: Path) -> dict[str, str]:
    return read_token(token_file(folder), demo_account())


def run_together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_token_is_used_until_shortly_before_it_expires(tmp_path: Path) -> None:
    with simulated() as running:
        for _ in range(3):
            with broker_for(running, tmp_path) as broker:
                broker.balance()
        assert running.tokens_issued == 1
        soon = {**stored(tmp_path), "access_token_token_expired": f"{kst.now() + timedelta(minutes=9):%Y-%m-%d %H:%M:%S}"}
        write_token(token_file(tmp_path), demo_account(), soon)
        with broker_for(running, tmp_path) as broker:
            broker.balance()
        assert len(token_calls(running)) == 2
        assert stored(tmp_path)["access_token_token_expired"] != soon["access_token_token_expired"]


def test_the_expiry_is_the_services_own_and_not_a_day_from_now(tmp_path: Path) -> None:
    with simulated(limits=replace(Limits.off(), token_life=3600.0)) as running, broker_for(running, tmp_path) as broker:
        broker.balance()
    left = kst.parse(stored(tmp_path)["access_token_token_expired"]) - kst.now()
    assert timedelta(minutes=58) < left <= timedelta(hours=1)


def test_each_environment_has_its_own(tmp_path: Path) -> None:
    with simulated() as running:
        for environment in (demo_account().environment, running.account(type(demo_account().environment).MOCK).environment):
            with broker_for(running, tmp_path, environment) as broker:
                broker.balance()
        assert running.tokens_issued == 2
    assert len(list((tmp_path / "tokens").glob("*.token"))) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no permission bits; the user's folder is theirs alone")
def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path / "new") as broker:
        broker.balance()
    assert stat.S_IMODE(token_file(tmp_path / "new").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new" / "tokens").stat().st_mode) == 0o700
    assert all(stat.S_IMODE(file.stat().st_mode) & 0o077 == 0 for file in (tmp_path / "new" / "tokens").iterdir())


def test_the_files_name_tells_nothing(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path) as broker:
        broker.balance()
        names = " ".join(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
        assert running.account().appkey not in names
        assert running.account().cano not in names


@pytest.mark.parametrize("page", [1, 2])
def test_a_dead_token_is_replaced_once(tmp_path: Path, page: int) -> None:
    with simulated(faults=[f"{page}=dead_token"]) as running, broker_for(running, tmp_path) as broker:
        assert len(broker.balance().holdings) == 120
        assert running.tokens_issued == 2


@pytest.mark.parametrize("code", ["EGW00121", "EGW00122", "EGW00123"])
def test_a_second_refusal_is_an_error(tmp_path: Path, code: str) -> None:
    with simulated(faults=[f"1x99={code}"]) as running, broker_for(running, tmp_path) as broker:
        with pytest.raises(AuthError) as caught:
            broker.balance()
        assert (caught.value.msg_cd, caught.value.exit_code) == (code, 3)
        assert len(inquiries(running)) == 2
        assert len(token_calls(running)) == 2


def test_a_token_that_another_process_got_meanwhile_is_used(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path) as ours, broker_for(running, tmp_path) as theirs:
        ours.balance()
        stale = token_file(tmp_path).read_bytes()
        theirs.revoke()
        theirs.balance()
        fresh = token_file(tmp_path).read_bytes()
        assert stale != fresh
        assert running.tokens_issued == 2
        # what `ours` reads first is the dead one, as if the other process wrote its own a moment later
        token_file(tmp_path).write_bytes(stale)
        read = Path.read_bytes
        answers = iter([stale])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "read_bytes", lambda self: next(answers, None) or (fresh if self.suffix == ".token" else read(self)))
            assert len(ours.balance().holdings) == 120
        assert running.tokens_issued == 2


def test_once_a_minute_is_waited_out(tmp_path: Path) -> None:
    with simulated(limits=replace(Limits.off(), token_spacing=0.4)) as running:
        for home in ("one", "two"):  # two machines with the same key: they share no file
            with broker_for(running, tmp_path / home, policy=replace(QUICK, token_wait=3.0)) as broker:
                assert len(broker.balance().holdings) == 120
        assert running.tokens_issued == 1
        assert [call.msg_cd for call in running.calls if call.path.endswith("tokenP")].count("EGW00133") >= 1


def test_a_token_that_appears_while_waiting_is_used(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path / "ours", policy=replace(QUICK, token_wait=20.0)) as broker:
        with broker_for(running, tmp_path / "theirs") as other:
            other.balance()
        running.add_fault("token@1x9999=EGW00133")
        counts: list[int] = []
        waiting = threading.Thread(target=lambda: counts.append(len(broker.balance().holdings)))
        waiting.start()
        while not any(call.msg_cd == "EGW00133" for call in running.calls):
            time.sleep(0.01)
        theirs = token_file(tmp_path / "theirs")
        (tmp_path / "ours" / "tokens" / theirs.name).write_bytes(theirs.read_bytes())
        waiting.join()
        assert counts == [120]
        assert running.tokens_issued == 1


def test_waiting_for_a_token_has_an_end(tmp_path: Path) -> None:
    with simulated(faults=["token@1x99=EGW00133"]) as running, broker_for(running, tmp_path) as broker:
        with pytest.raises(RateLimitError) as caught:
            broker.balance()
        assert (caught.value.msg_cd, caught.value.http_status, caught.value.exit_code) == ("EGW00133", 403, 4)
        assert not inquiries(running)


@pytest.mark.parametrize("code", ["EGW00103", "EGW00105"])
def test_wrong_keys_are_told_at_once(tmp_path: Path, code: str) -> None:
    wrong: dict[str, Any] = {"EGW00103": {"appkey": Secret("PSnotThisKey")}, "EGW00105": {"appsecret": Secret("not-this-secret")}}[code]
    with simulated() as running, broker_for(running, tmp_path, **wrong) as broker:
        with pytest.raises(AuthError) as caught:
            broker.balance()
        assert caught.value.msg_cd == code
        assert "KIS_XL_APPKEY" in caught.value.hint.en
        assert len(running.calls) == 1


@pytest.mark.parametrize("kind", ["EGW00300", "http:503", "html", "reset", "cut", "retry_after:1"])
def test_passing_faults_of_the_token_call_are_waited_out(tmp_path: Path, kind: str) -> None:
    with simulated(faults=[f"token@1={kind}"]) as running, broker_for(running, tmp_path) as broker:
        assert len(broker.balance().holdings) == 120


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"access_token": 1}', b"\xff\xfe", b'{"access_token": "x", "access_token_token_expired": "soon"}'],
)
def test_a_broken_file_is_replaced(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with simulated() as running, broker_for(running, tmp_path) as broker:
        broker.balance()
        write_token(token_file(tmp_path), demo_account(), content)
        with caplog.at_level(logging.WARNING):
            assert len(broker.balance().holdings) == 120
        assert stored(tmp_path)["access_token"]
    assert any("unreadable" in record.message for record in caplog.records)


def test_revoking_deletes_the_token(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path) as broker:
        assert broker.revoke() is False
        broker.balance()
        assert broker.revoke() is True
        assert not list((tmp_path / "tokens").glob("*.token"))
        broker.balance()
        assert running.tokens_issued == 2


@pytest.mark.parametrize("answer", [{}, {"access_token": ""}, {"access_token": 5}, {"access_token_token_expired": "tomorrow"}])
def test_an_answer_without_a_token_or_its_expiry_is_an_error(
    tmp_path: Path, answer: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: dict[str, object] = {"access_token": "x", "access_token_token_expired": "2026-11-22 10:00:00", "code": 200}
    monkeypatch.setattr(TokenDesk, "issue", lambda *_: (whole | answer) if answer else {"code": 200})
    with simulated() as running, broker_for(running, tmp_path) as broker, pytest.raises(DataError, match="access_token"):
        broker.balance()


def test_threads_starting_at_once_ask_for_one_token(tmp_path: Path) -> None:
    with simulated(demo_account(rows=5)) as running:
        account = account_of(running.account(), running.real_url)
        barrier = threading.Barrier(10)
        counts: list[int] = []

        def fetch() -> None:
            with Broker(account, DataFolder(tmp_path), QUICK) as broker:
                barrier.wait()
                counts.append(len(broker.balance().holdings))

        threads = [threading.Thread(target=fetch) for _ in range(10)]
        run_together(threads)
        assert counts == [5] * 10
        assert running.tokens_issued == 1
        assert len(token_calls(running)) == 1


def test_one_broker_may_be_shared_by_threads(tmp_path: Path) -> None:
    with simulated(demo_account(rows=120)) as running, broker_for(running, tmp_path) as broker:
        counts: list[int] = []
        threads = [threading.Thread(target=lambda: counts.append(len(broker.balance().holdings))) for _ in range(5)]
        run_together(threads)
        assert counts == [120] * 5
        assert running.connections == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here to stand for a full disk")
def test_a_token_that_cannot_be_stored_still_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tokens, "write_atomically", full)
    with simulated() as running, broker_for(running, tmp_path) as broker, caplog.at_level(logging.WARNING):
        broker.balance()
    assert any("No space left" in record.message for record in caplog.records)


def test_a_lock_that_is_not_released_is_told(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path) as broker:
        lock = broker._tokens._lock
        assert lock is not None
        lock.timeout = 0.1
        with FileLock(lock.lock_file), pytest.raises(RateLimitError, match="another kis_xl process"):
            broker.balance()
        started = time.monotonic()
        broker.balance()
        assert time.monotonic() - started < 5
