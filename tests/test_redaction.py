"""Nothing secret is shown: by value where it is known, by its looks where it is not."""

from __future__ import annotations

import copy
import io
import logging
import pickle
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kis_xl.accounts import AccountNumber
from kis_xl.redaction import Secret, get_logger, guard_http_logs, redact

VALUES = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S"]), min_size=12, max_size=180)


@given(VALUES, st.text(max_size=30), st.text(max_size=30))
def test_a_registered_value_is_gone_in_every_form(value: str, before: str, after: str) -> None:
    Secret(value)
    for form in (value, quote(value), quote_plus(value), quote(value, safe="")):
        assert form not in redact(f"{before}{form}{after}")


def test_an_account_number_keeps_its_first_four_digits() -> None:
    AccountNumber.parse("73210456-22")
    assert redact("CANO=73210456&ACNT_PRDT_CD=22, 73210456-22, '7321045622'") == "CANO=7321****&ACNT_PRDT_CD=22, 7321****-22, '7321****22'"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("GET /x?CANO=55554444&A=1", "55554444"),
        ("{'CANO': '55554444'}", "55554444"),
        ("&CTX_AREA_FK100=55554444%5E01%5EN", "55554444"),
        ('"ctx_area_fk100": "55554444^01^N"', "55554444"),
        ("account 55554444-01 refused", "55554444"),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("token eyJhbGciOi.eyJzdWIi.c2ln", "eyJzdWIi"),
        ('{"appsecret": "s3cr3t/+="}', "s3cr3t/+="),
        ("appkey=PSabc123&x=1", "PSabc123"),
        ("{'access_token': 'opaque'}", "opaque"),
    ],
)
def test_what_looks_secret_is_hidden_unregistered(text: str, hidden: str) -> None:
    assert hidden not in redact(text)


@pytest.mark.parametrize("text", ["005930 삼성전자 71,500", "2026-11-22 15:30:00", "page 3 of 7", "20260102", "https://127.0.0.1:8443/x"])
def test_what_is_not_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret("very-secret-value")
    assert "very" not in f"{secret} {secret!r} {[secret]} {secret!s}"
    assert secret.reveal() == "very-secret-value"
    assert secret == Secret("very-secret-value") != Secret("another-secret")
    for leak in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            leak(secret)


def test_logs_are_redacted_with_arguments_and_tracebacks() -> None:
    Secret("planted-in-a-log")
    guard_http_logs()
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    loggers = [get_logger("kis_xl.test.deep"), logging.getLogger("urllib3.connectionpool")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.debug('"%s %s HTTP/1.1" %d', "GET", "/uapi?CANO=44443333&ACNT_PRDT_CD=01", 200)
        logger.info("value %s", "planted-in-a-log")
        try:
            raise ValueError("planted-in-a-log")
        except ValueError:
            logger.exception("failed")
        logger.removeHandler(handler)
    assert "planted-in-a-log" not in stream.getvalue()
    assert "44443333" not in stream.getvalue()
    assert "ValueError: ***" in stream.getvalue()
