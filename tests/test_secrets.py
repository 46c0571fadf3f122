"""Planted secrets are searched for in everything that a failure can show or leave."""

from __future__ import annotations

import io
import logging
import pickle
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from kis_xl.accounts import AccountNumber, Corporate
from kis_xl.errors import FieldError, KisError
from kis_xl.language import Text
from kis_xl.redaction import Secret
from kis_xl.simulator import SimAccount
from tests.broker_kit import QUICK, broker_for, demo_account, read_token, simulated

APPKEY = "PSplantedAppKeyThatNobodyMaySee00001"
APPSECRET = "planted+app/secret==" * 9
CANO = "73915826"
PHONE = "01077776666"
CUSTOMER_KEY = "planted-customer-key-0001"


@pytest.fixture
def planted() -> SimAccount:
    return replace(demo_account(rows=120), number=f"{CANO}-01", appkey=APPKEY, appsecret=APPSECRET, corporate=True)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any logger says, at its most talkative."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for name in ("urllib3.connectionpool", "kis_xl.broker.http", "kis_xl.broker.tokens"):
        logging.getLogger(name).filters.clear()  # an earlier test's Broker has put them there; this test's must
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def secrets(folder: Path) -> list[str]:
    values = [APPKEY, APPSECRET, CANO, PHONE, CUSTOMER_KEY]
    for file in folder.glob("tokens/*.token"):
        values.append(read_token(file, replace(demo_account(), appkey=APPKEY, appsecret=APPSECRET))["access_token"])
    return [form for value in values for form in {value, quote(value), quote_plus(value)}]


def everything(error: BaseException) -> str:
    """All that an error can show: itself, its attributes, its chain, its traceback, its pickled form."""
    seen: list[str] = []
    todo: list[BaseException | None] = [error]
    while todo:
        each = todo.pop()
        if each is not None:
            seen += [str(each), repr(each), repr(each.args), repr(vars(each)), repr(pickle.dumps(each) if each is error else "")]
            todo += [each.__cause__, each.__context__]
    return "".join(seen) + "".join(traceback.format_exception(error))


FAULTS = [
    "reset",
    "hang",
    "cut",
    "html",
    "garbage",
    "http:503",
    "EGW00201",
    "EGW00215",
    "EGW00103",
    "EGW02007",
    "OPSQ2000",
    "OPSQ2001",
    "EGW00123",
]
FAULTS += ["bad_field:prpr=x", "missing_field:pdno", "changed", "endless", "null_outputs:0", "APBK9999", "http:302"]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_failure_shows_a_secret(tmp_path: Path, planted: SimAccount, log: io.StringIO, fault: str) -> None:
    policy = replace(QUICK, attempts=2, read_timeout=0.1, max_pages=5, restarts=1)
    corporate = Corporate(Secret(CUSTOMER_KEY), Secret(PHONE), "203.0.113.9")
    with (
        simulated(planted, faults=[f"2x99={fault}"]) as running,
        broker_for(running, tmp_path, policy=policy, corporate=corporate) as broker,
    ):
        with pytest.raises(KisError) as caught:
            broker.balance()
        shown = everything(caught.value) + log.getvalue() + repr(broker)
    for secret in secrets(tmp_path):
        assert secret not in shown
    assert "inquire-balance" in log.getvalue()  # the HTTP library did log its request


@pytest.mark.parametrize("fault", ["token@1x99=reset", "token@1x99=html", "token@1x99=EGW00133", "token@1=EGW00105"])
def test_no_failure_of_the_token_call_shows_a_secret(tmp_path: Path, planted: SimAccount, log: io.StringIO, fault: str) -> None:
    with simulated(planted, faults=[fault]) as running, broker_for(running, tmp_path) as broker:
        with pytest.raises(KisError) as caught:
            broker.balance()
        shown = everything(caught.value) + log.getvalue()
    for secret in secrets(tmp_path):
        assert secret not in shown


def test_nobody_listening_shows_no_query_string(tmp_path: Path, planted: SimAccount, log: io.StringIO) -> None:
    with simulated(planted) as running, broker_for(running, tmp_path) as broker:
        broker.balance()
        running.stop()
        with pytest.raises(KisError) as caught:
            broker.balance()
        shown = everything(caught.value) + log.getvalue()
    for secret in secrets(tmp_path):
        assert secret not in shown


def test_what_a_good_fetch_leaves_on_disk_holds_no_secret_not_even_the_token(tmp_path: Path, planted: SimAccount) -> None:
    with simulated(planted) as running, broker_for(running, tmp_path) as broker:
        broker.balance()
    for file in tmp_path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(secret.encode() in content for secret in secrets(tmp_path)), file
    assert len(secrets(tmp_path)) > len({APPKEY, APPSECRET, CANO, PHONE, CUSTOMER_KEY})  # the token is one of them


def test_errors_cross_process_boundaries() -> None:
    AccountNumber.parse(f"{CANO}-01")
    error = FieldError("output1", 3, "prpr", Text(f"값 {CANO}", f"value {CANO}"), Text("힌트", "hint"))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own)
    assert (type(again), again.row, again.field, str(again), again.hint) == (FieldError, 3, "prpr", str(error), error.hint)
    assert CANO not in str(again)


def test_what_the_service_says_is_redacted_too() -> None:
    AccountNumber.parse(f"{CANO}-01")
    Secret(APPSECRET)
    error = KisError(Text("가", "a"), Text("나", "b"), msg_cd="APBK0001", msg1=f"no such account {CANO}-01, key {APPSECRET}   ")
    assert error.msg1 == "no such account 7391****-01, key ***"
    assert str(error) == "a [APBK0001 no such account 7391****-01, key ***]"
