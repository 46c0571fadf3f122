"""Everything that can go wrong between us and the service: what passes is waited out, the rest is told at once."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from kis_xl.accounts import AccountNumber
from kis_xl.broker import Broker
from kis_xl.broker.codes import KNOWN_CODES, Action, meaning
from kis_xl.datafolder import DataFolder
from kis_xl.errors import (
    AccountError,
    ApiError,
    ArgumentError,
    AuthError,
    ConfigError,
    DataError,
    EnvironmentMismatch,
    FieldError,
    IncompleteError,
    KisError,
    NetworkError,
    PermissionDenied,
    RateLimitError,
    ServerUnavailable,
    TimedOut,
)
from kis_xl.fields import Environment
from tests.broker_kit import QUICK, account_of, broker_for, demo_account, inquiries, simulated

PASSING = ["EGW00201", "EGW00201:200", "EGW00215", "http:500", "http:502:html", "http:503", "html", "garbage", "cut", "reset"]
PASSING += ["EGW00001", "EGW00002", "EGW00202", "EGW00203", "EGW00204", "EGW00300", "EGW00301", "EGW00302", "EGW00316", "90020000"]
PASSING += ["OPSQ0001", *(f"OPSQ{number:04}" for number in range(3, 12)), "OPSQ1002", "http:429", "null_outputs"]


@pytest.mark.parametrize("kind", PASSING)
@pytest.mark.parametrize("page", [1, 3])
def test_what_passes_is_waited_out(tmp_path: Path, kind: str, page: int) -> None:
    with simulated(faults=[f"{page}x2={kind}"]) as running, broker_for(running, tmp_path) as broker:
        assert len(broker.balance().holdings) == 120
        assert len(inquiries(running)) == 3 + 2


ENDS: list[tuple[str, type[KisError], int]] = [
    ("EGW00201", RateLimitError, 4),
    ("EGW00215", RateLimitError, 4),
    ("http:503", ServerUnavailable, 5),
    ("html", ServerUnavailable, 5),
    ("garbage", ServerUnavailable, 5),
    ("cut", NetworkError, 5),
    ("reset", NetworkError, 5),
    ("hang", TimedOut, 5),
    ("EGW00300", ServerUnavailable, 5),
]


@pytest.mark.parametrize(("kind", "error", "exit_code"), ENDS)
def test_what_does_not_pass_ends_after_so_many_attempts(tmp_path: Path, kind: str, error: type[KisError], exit_code: int) -> None:
    policy = replace(QUICK, read_timeout=0.2)
    with simulated(faults=[f"2x99={kind}"]) as running, broker_for(running, tmp_path, policy=policy) as broker:
        with pytest.raises(error) as caught:
            broker.balance()
        assert caught.value.exit_code == exit_code
        assert len(inquiries(running)) == 1 + QUICK.attempts
    for language in ("ko", "en"):
        assert caught.value.message(language)
        assert caught.value.hint.in_(language)


AT_ONCE: list[tuple[str, type[KisError], int]] = [
    ("EGW00102", AuthError, 3),
    ("EGW00103", AuthError, 3),
    ("EGW00104", AuthError, 3),
    ("EGW00105", AuthError, 3),
    ("EGW00206", PermissionDenied, 3),
    ("EGW00207", PermissionDenied, 3),
    ("EGW00208", PermissionDenied, 3),
    ("EGW00213", PermissionDenied, 3),
    ("EGW00303", PermissionDenied, 3),
    ("EGW00304", PermissionDenied, 3),
    ("EGW02004", EnvironmentMismatch, 2),
    ("EGW02005", EnvironmentMismatch, 2),
    ("EGW02006", EnvironmentMismatch, 2),
    ("EGW02007", EnvironmentMismatch, 2),
    ("OPSQ2000", AccountError, 2),
    ("APBK1271", AccountError, 2),
    ("APAC0489", AccountError, 2),
    ("IGW00002", AccountError, 2),
    ("OPSQ2001", ArgumentError, 2),
    ("APBK9999", ApiError, 6),
    ("null_outputs:0", DataError, 6),
    ("no_output2", DataError, 6),
    ("missing_field:prpr", FieldError, 6),
    ("bad_field:evlu_amt=1,000", FieldError, 6),
]


@pytest.mark.parametrize(("kind", "error", "exit_code"), AT_ONCE)
@pytest.mark.parametrize("page", [1, 2])
def test_everything_else_is_told_at_once_and_nothing_is_shown(
    tmp_path: Path, kind: str, error: type[KisError], exit_code: int, page: int
) -> None:
    with simulated(faults=[f"{page}={kind}"]) as running, broker_for(running, tmp_path) as broker:
        with pytest.raises(KisError) as caught:
            broker.balance()
        assert type(caught.value) is error
        assert caught.value.exit_code == exit_code
        assert len(inquiries(running)) == page
        code = kind.partition(":")[0]
        if code.isupper() or code.isdigit():
            assert caught.value.msg_cd == code
            assert caught.value.msg1
            assert code in str(caught.value)


def test_field_errors_name_row_and_field(tmp_path: Path) -> None:
    with simulated(faults=["2=bad_field:evlu_amt=abc"]) as running, broker_for(running, tmp_path) as broker:
        with pytest.raises(FieldError) as caught:
            broker.balance()
        assert (caught.value.section, caught.value.row, caught.value.field) == ("output1", 51, "evlu_amt")
        assert "row 51 of output1: evlu_amt (Valuation)" in caught.value.message("en")
        assert "51번째 행의 evlu_amt(평가금액)" in caught.value.message("ko")


@pytest.mark.parametrize("page", [2, 3])
def test_a_cursor_that_comes_again_is_an_error(tmp_path: Path, page: int) -> None:
    with simulated(faults=[f"{page}x99=repeat_cursor"]) as running, broker_for(running, tmp_path) as broker:
        with pytest.raises(IncompleteError, match=f"page {page}: a cursor is repeated"):
            broker.balance()
        assert len(inquiries(running)) == page


def test_pages_without_end_are_an_error(tmp_path: Path) -> None:
    policy = replace(QUICK, max_pages=7)
    with simulated(faults=["1x99=endless"]) as running, broker_for(running, tmp_path, policy=policy) as broker:
        with pytest.raises(IncompleteError, match="more than 7 pages"):
            broker.balance()
        assert len(inquiries(running)) == 7


def test_changed_data_starts_again_at_page_one(tmp_path: Path) -> None:
    with simulated(faults=["2=changed"]) as running, broker_for(running, tmp_path) as broker:
        balance = broker.balance()
        assert (len(balance.holdings), balance.pages, balance.restarts) == (120, 3, 1)
        assert [call.headers.get("tr_cont", "") for call in inquiries(running)] == ["", "N", "", "N", "N"]


def test_data_that_keeps_changing_is_an_error(tmp_path: Path) -> None:
    policy = replace(QUICK, restarts=2)
    with simulated(faults=["1x99=changed"]) as running, broker_for(running, tmp_path, policy=policy) as broker:
        with pytest.raises(IncompleteError, match="kept changing") as caught:
            broker.balance()
        assert caught.value.msg_cd == "SYDB0050"
        assert len(inquiries(running)) == 3


def test_unknown_fields_are_kept_aside_and_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with simulated(faults=["1x9=extra_field:brand_new=7"]) as running, broker_for(running, tmp_path) as broker:
        balance = broker.balance()
        broker.balance()
    assert {(extra.section, extra.key, extra.value) for extra in balance.extras} == {
        ("output1", "brand_new", "7"),
        ("output2", "brand_new", "7"),
    }
    told = [record.message for record in caplog.records if "brand_new" in record.message]
    assert sorted(message.rpartition(" ")[2] for message in told) == ["output1.brand_new", "output2.brand_new"]


def test_a_missing_row_fails_a_check_and_is_not_hidden(tmp_path: Path) -> None:
    with simulated(faults=["1=drop_row"]) as running, broker_for(running, tmp_path) as broker:
        balance = broker.balance()
    assert {check.name for check in balance.checks() if not check.ok} >= {"pchs_amt"}


def test_retry_after_is_respected(tmp_path: Path) -> None:
    with simulated(faults=["1=retry_after:1"]) as running, broker_for(running, tmp_path) as broker:
        assert len(broker.balance().holdings) == 120
        first, second = [call.time for call in inquiries(running)][:2]
        assert second - first >= 1.0


def test_a_retry_after_that_is_too_long_is_told_rather_than_slept(tmp_path: Path) -> None:
    late = pytest.raises(ServerUnavailable, match="Retry-After: 600 s")
    with simulated(faults=["1=retry_after:600"]) as running, broker_for(running, tmp_path) as broker, late:
        broker.balance()


def test_a_slow_answer_within_the_time_is_an_answer(tmp_path: Path) -> None:
    with simulated(faults=["2=slow:0.2"]) as running, broker_for(running, tmp_path) as broker:
        assert len(broker.balance().holdings) == 120


# --- environments -----------------------------------------------------------------------------------------------


def test_a_real_key_on_the_mock_host_says_what_to_change(tmp_path: Path) -> None:
    with simulated() as running:
        account = account_of(running.account(Environment.REAL), running.mock_url, environment=Environment.MOCK)
        with Broker(account, DataFolder(tmp_path), QUICK) as broker, pytest.raises(EnvironmentMismatch) as caught:
            broker.balance()
    assert caught.value.msg_cd == "EGW02007"
    assert "KIS_XL_ENV=real" in caught.value.hint.en
    assert "KIS_XL_ENV=real" in caught.value.hint.ko


def test_a_mock_key_on_the_real_host_says_what_to_change(tmp_path: Path) -> None:
    with simulated() as running:
        account = account_of(running.account(Environment.MOCK), running.real_url, environment=Environment.REAL)
        with Broker(account, DataFolder(tmp_path), QUICK) as broker, pytest.raises(EnvironmentMismatch) as caught:
            broker.balance()
    assert caught.value.msg_cd == "EGW02004"
    assert "KIS_XL_ENV=mock" in caught.value.hint.en


@pytest.mark.parametrize(("host", "code"), [(Environment.REAL, "EGW02005"), (Environment.MOCK, "EGW02006")])
def test_a_transaction_id_of_the_other_environment_is_told(tmp_path: Path, host: Environment, code: str) -> None:
    other = Environment.MOCK if host is Environment.REAL else Environment.REAL
    with simulated() as running:
        account = account_of(running.account(host), running.url(host), environment=other)
        with Broker(account, DataFolder(tmp_path), QUICK) as broker, pytest.raises(EnvironmentMismatch) as caught:
            broker.balance()
    assert caught.value.msg_cd == code
    assert "KIS_XL_ENV" in caught.value.hint.en


def test_anothers_account_number_is_told(tmp_path: Path) -> None:
    number = AccountNumber.parse("99998888-01")
    with simulated() as running, broker_for(running, tmp_path, number=number) as broker, pytest.raises(AccountError) as caught:
        broker.balance()
    assert "KIS_XL_ACCOUNT" in caught.value.hint.en


# --- the network ------------------------------------------------------------------------------------------------


def test_nobody_listening(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    account = account_of(demo_account(), f"http://127.0.0.1:{port}")
    with Broker(account, DataFolder(tmp_path), QUICK) as broker, pytest.raises(NetworkError) as caught:
        broker.balance()
    assert str(port) in str(caught.value)
    assert caught.value.exit_code == 5


def test_a_host_that_does_not_exist(tmp_path: Path) -> None:
    account = account_of(demo_account(), "https://no-such-host.invalid")
    with Broker(account, DataFolder(tmp_path), QUICK) as broker, pytest.raises(NetworkError, match=r"no-such-host\.invalid"):
        broker.balance()


def test_a_silent_host_times_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        account = account_of(demo_account(), f"http://127.0.0.1:{silent.getsockname()[1]}")
        policy = replace(QUICK, read_timeout=0.1, attempts=2)
        with Broker(account, DataFolder(tmp_path), policy) as broker, pytest.raises(TimedOut):
            broker.balance()


def test_a_netrc_file_does_not_replace_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password something\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with simulated() as running, broker_for(running, tmp_path) as broker:
        assert len(broker.balance().holdings) == 120


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(tmp_path: Path, status: int) -> None:
    with simulated(faults=[f"1=http:{status}"]) as running, broker_for(running, tmp_path) as broker:
        with pytest.raises(NetworkError, match="redirects") as caught:
            broker.balance()
        assert caught.value.http_status == status
        assert [call.status for call in running.calls] == [200, status]  # the token, and the inquiry


# --- the table of codes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(KNOWN_CODES))
def test_every_code_says_what_to_do_in_both_languages(code: str) -> None:
    known = meaning(code)
    assert all(known.what)
    assert all(known.hint)
    assert known.error.code


def test_an_unknown_code_is_an_error_at_once() -> None:
    assert meaning("XYZ00001").action is Action.FAIL


@pytest.mark.parametrize(
    ("said", "error"),
    [("ERROR : INPUT INVALID_CHECK_INQR_DVSN", ArgumentError), ("ERROR : INPUT INVALID_CHECK_ACNO", AccountError), ("", ArgumentError)],
)
def test_a_bad_parameter_is_told_by_its_name(said: str, error: type[KisError]) -> None:
    assert meaning("OPSQ2001", said).error is error


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="file") as caught:
        Broker(account_of(demo_account(), "http://127.0.0.1:1"), DataFolder(tmp_path / "file"), QUICK)
    assert "KIS_XL_HOME" in caught.value.hint.en
