"""Answers that the simulator would not give: odd, endless, lying. Each ends, and ends in the right error."""

from __future__ import annotations

import gzip
import json
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kis_xl.accounts import Account
from kis_xl.broker import Broker
from kis_xl.datafolder import DataFolder, write_atomically
from kis_xl.errors import AuthError, DataError, KisError, NetworkError, PermissionDenied, RateLimitError, ServerUnavailable, TimedOut
from tests.broker_kit import QUICK, account_of, broker_for, demo_account, simulated, token_calls, write_token
from tests.raw_server import Answer, Raw, drip, http, page, raw, token
from tests.rows import holding_row

ONE_TRY = replace(QUICK, attempts=1, read_timeout=0.4)


@contextmanager
def against(home: Path, inquiry: Answer | bytes, token_answer: bytes | None = None) -> Iterator[tuple[Broker, Raw]]:
    with raw(inquiry, token_answer) as running:
        account: Account = account_of(demo_account(), running.url)
        with Broker(account, DataFolder(home), ONE_TRY) as broker:
            yield broker, running


def test_a_body_that_drips_in_has_a_deadline(tmp_path: Path) -> None:
    endless = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", 0.05)
    started = time.monotonic()
    with against(tmp_path, endless) as (broker, _), pytest.raises(TimedOut, match=r"longer than 0\.4 s"):
        broker.balance()
    assert time.monotonic() - started < 5


def test_a_body_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    bomb = http(gzip.compress(b" " * 100_000_000), Content_Encoding="gzip")
    with against(tmp_path, bomb) as (broker, _), pytest.raises(DataError, match="too large"):
        broker.balance()


def test_a_packed_body_is_read(tmp_path: Path) -> None:
    packed = http(gzip.compress(json.dumps(page()).encode()), Content_Encoding="gzip", tr_cont="D")
    with against(tmp_path, packed) as (broker, _):
        assert len(broker.balance().holdings) == 1


def test_a_chunked_body_is_read(tmp_path: Path) -> None:
    content = json.dumps(page()).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (content[:100], content[100:]))
    with against(tmp_path, b"HTTP/1.1 200 OK\r\ntr_cont: D\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n") as (broker, _):
        assert len(broker.balance().holdings) == 1


@pytest.mark.parametrize("given", [{"rt_cd": 0}, {"rt_cd": " 0 "}])
def test_a_result_code_may_be_a_number(tmp_path: Path, given: dict[str, object]) -> None:
    with against(tmp_path, http(page(**given), tr_cont="D")) as (broker, _):
        assert len(broker.balance().holdings) == 1


def test_an_answer_without_a_result_code_is_no_success(tmp_path: Path) -> None:
    body = page()
    del body["rt_cd"]
    with against(tmp_path, http(body, tr_cont="D")) as (broker, _), pytest.raises(DataError, match="rt_cd"):
        broker.balance()


STATUSES: list[tuple[bytes, type[KisError], int]] = [
    (http("<html>", "401 Unauthorized"), PermissionDenied, 3),
    (http("<html>", "403 Forbidden"), PermissionDenied, 3),
    (http({"error": "x"}, "403 Forbidden"), PermissionDenied, 3),
    (http("<html>", "404 Not Found"), DataError, 6),
    (http("", "204 No Content"), ServerUnavailable, 5),
    (http("<html>", "503 Service Unavailable"), ServerUnavailable, 5),
    (http({"error": "x"}, "429 Too Many Requests"), RateLimitError, 4),
    (http([1, 2, 3].__repr__()), ServerUnavailable, 5),
]


@pytest.mark.parametrize(("answer", "error", "exit_code"), STATUSES)
def test_each_status_without_a_code_has_its_error(tmp_path: Path, answer: bytes, error: type[KisError], exit_code: int) -> None:
    with against(tmp_path, answer) as (broker, _), pytest.raises(KisError) as caught:
        broker.balance()
    assert (type(caught.value), caught.value.exit_code) == (error, exit_code)


@pytest.mark.parametrize("wait", ["600", "Fri, 31 Dec 9999 23:59:59 GMT", "soon", "-5", "9" * 5000, "Fri, 31 Dec 999999999 23:59:59 GMT"])
def test_any_retry_after_beside_a_success_is_ignored(tmp_path: Path, wait: str) -> None:
    with against(tmp_path, http(page(), tr_cont="D", Retry_After=wait)) as (broker, _):
        assert len(broker.balance().holdings) == 1


def test_a_long_retry_after_keeps_the_errors_own_kind(tmp_path: Path) -> None:
    wrong_key = http({"rt_cd": "1", "msg_cd": "EGW00103", "msg1": "no"}, "403 Forbidden", Retry_After="600")
    too_many = http({"rt_cd": "1", "msg_cd": "EGW00201", "msg1": "no"}, "500 Error", Retry_After="600")
    for answer, error in ((wrong_key, AuthError), (too_many, RateLimitError)):
        with against(tmp_path, answer) as (broker, _), pytest.raises(error) as caught:
            broker.balance()
        assert caught.value.msg_cd in ("EGW00103", "EGW00201")


def test_what_the_service_says_cannot_command_a_terminal(tmp_path: Path) -> None:
    rude = http({"rt_cd": "1", "msg_cd": "X", "msg1": "a\x1b]0;title\x07\nerror: FAKE: b" + "c" * 100_000})
    with against(tmp_path, rude) as (broker, _), pytest.raises(KisError) as caught:
        broker.balance()
    assert caught.value.msg1.isprintable()
    assert caught.value.msg1.startswith("a ]0;title error: FAKE: b")
    assert len(caught.value.msg1) == 200


def test_a_connection_that_is_cut_in_the_handshake_is_tried_again(tmp_path: Path) -> None:
    greetings: list[int] = []

    def hang_up() -> None:
        for _ in range(2):
            connection, _ = listening.accept()
            greetings.append(connection.recv(1)[0])
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        hanging_up = threading.Thread(target=hang_up)
        hanging_up.start()
        account = account_of(demo_account(), f"https://127.0.0.1:{listening.getsockname()[1]}")
        twice = replace(ONE_TRY, attempts=2)
        with Broker(account, DataFolder(tmp_path), twice) as broker, pytest.raises(NetworkError) as caught:
            broker.balance()
        hanging_up.join()
    assert greetings == [22, 22]  # a TLS handshake, twice
    assert "REQUESTS_CA_BUNDLE" not in caught.value.hint.en


def test_a_certificate_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    account = account_of(demo_account(), "https://127.0.0.1:1")
    with Broker(account, DataFolder(tmp_path), ONE_TRY) as broker, pytest.raises(KisError, match="certificate file") as caught:
        broker.balance()
    assert caught.value.exit_code == 2
    assert "REQUESTS_CA_BUNDLE" in caught.value.hint.en


# --- proxies ----------------------------------------------------------------------------------------------------


def test_calls_to_this_machine_go_through_no_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw(b"") as proxy, simulated(demo_account(rows=3)) as running:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        with broker_for(running, tmp_path) as broker:
            assert len(broker.balance().holdings) == 3
        assert proxy.requests == []


def test_calls_to_others_go_through_the_proxy_that_is_set_and_tell_nothing_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw(http("", "407 Proxy Authentication Required")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("http://", "http://user:hunter2@"))
        account = account_of(demo_account(), "https://kis.invalid:9443")
        with Broker(account, DataFolder(tmp_path), ONE_TRY) as broker, pytest.raises(NetworkError) as caught:
            broker.balance()
        assert [line.split()[:2] for line in proxy.requests] == [["CONNECT", "kis.invalid:9443"]]
    assert "hunter2" not in str(caught.value)


# --- tokens -----------------------------------------------------------------------------------------------------


def test_an_expiry_in_the_past_costs_one_token_and_not_one_a_page(tmp_path: Path) -> None:
    rows = [[holding_row(pdno=f"{number:06d}")] for number in range(4)]
    more = [http(page(ctx_area_nk100=f"N^{number}", output1=row), tr_cont="M") for number, row in enumerate(rows)]
    answers = iter([*more, http(page(), tr_cont="D")])
    with against(tmp_path, lambda connection, _: connection.sendall(next(answers)), http(token(hours=-1))) as (broker, running):
        assert broker.balance().pages == 5
        assert running.asked("tokenP") == 1


def test_a_token_that_cannot_be_kept_costs_one_a_broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kis_xl.broker.tokens.write_atomically", full)
    with simulated() as running, broker_for(running, tmp_path) as broker:
        assert broker.balance().pages == 3
        broker.balance()
        assert len(token_calls(running)) == 1


def test_a_token_is_replaced_once_a_fetch(tmp_path: Path) -> None:
    with simulated(faults=["1=dead_token", "3=dead_token"]) as running, broker_for(running, tmp_path) as broker:
        with pytest.raises(AuthError):
            broker.balance()
        assert len(token_calls(running)) == 2


@pytest.mark.parametrize("secret", ["two\r\nlines", "한글", "with blank"])
def test_a_token_that_cannot_be_sent_is_not_kept(tmp_path: Path, secret: str) -> None:
    with against(tmp_path, http(page()), http(token(access_token=secret))) as (broker, _), pytest.raises(DataError, match="access_token"):
        broker.balance()
    assert not list(tmp_path.glob("tokens/*.token"))


def test_revoking_a_token_that_is_dead_forgets_it(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path) as broker:
        broker.balance()
        running.add_fault("revoke@1=EGW00121")
        assert broker.revoke() is False
        assert not list(tmp_path.glob("tokens/*.token"))


def test_a_file_of_brackets_is_replaced(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path) as broker:
        broker.balance()
        (file,) = tmp_path.glob("tokens/*.token")
        write_token(file, demo_account(), b"[" * 100_000)
        assert len(broker.balance().holdings) == 120


# --- the data folder --------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps no permission bits; the user's folder is theirs alone")
def test_nothing_of_ours_is_open_to_others_whatever_the_umask(tmp_path: Path) -> None:
    home = tmp_path / "new home"
    before = os.umask(0)
    try:
        with simulated() as running, broker_for(running, home) as broker:
            broker.balance()
    finally:
        os.umask(before)
    for path in (home, home / "tokens", home / "limits"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    (file,) = home.glob("tokens/*.token")
    file.chmod(0o644)
    (home / "tokens").chmod(0o777)
    with simulated() as running, broker_for(running, home) as broker:
        broker.balance()
    assert stat.S_IMODE((home / "tokens").stat().st_mode) == 0o700


def test_what_a_killed_process_left_is_swept_up(tmp_path: Path) -> None:
    left, recent, other = (tmp_path / name for name in (".r.xlsx.abc.part", ".r.xlsx.def.part", ".other.xlsx.abc.part"))
    for path in (left, recent, other):
        path.touch()
    long_ago = time.time() - 7200
    for path in (left, other):
        os.utime(path, (long_ago, long_ago))
    write_atomically(tmp_path / "r.xlsx", b"x")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.xlsx.abc.part", ".r.xlsx.def.part", "r.xlsx"]
