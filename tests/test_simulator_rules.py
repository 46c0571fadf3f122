"""What the simulator refuses, and in which words: a client's mistake must not pass."""

from __future__ import annotations

import dataclasses
import re
import socket

import pytest
import requests

from kis_xl.fields import PARAMETERS, PATH, REQUEST_HEADERS, Environment, by_key
from kis_xl.simulator import SimAccount, demo_account
from tests.test_simulator import ENVIRONMENTS, TIMEOUT, Raw, said, serving

_HEADERS = by_key(REQUEST_HEADERS)
CORPORATION: SimAccount = dataclasses.replace(demo_account(rows=3), corporate=True)
IDENTITY = {
    "custtype": "B",
    "personalseckey": "k" * 180,
    "seq_no": "001",
    "phone_number": "01011112222",
    "ip_addr": "203.0.113.255",
    "gt_uid": "a" * 32,
}


@ENVIRONMENTS
def test_a_call_by_the_document_is_answered(environment: Environment) -> None:
    with serving(demo_account(environment)) as raw:
        assert raw.get().json()["rt_cd"] == "0"
        bare = {key: value for key, value in raw.headers().items() if _HEADERS[key].required}
        assert raw.get(bare).json()["rt_cd"] == "0"
        unpadded = {key: value for key, value in raw.parameters().items() if by_key(PARAMETERS)[key].required}
        assert raw.session.get(raw.host + PATH, params=unpadded, headers=bare, timeout=TIMEOUT).json()["rt_cd"] == "0"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"appkey": None}, 403, "EGW00102"),
        ({"appkey": "x" * 36}, 403, "EGW00103"),
        ({"appkey": "x" * 37}, 403, "EGW00103"),
        ({"appsecret": None}, 403, "EGW00104"),
        ({"appsecret": "x" * 180}, 403, "EGW00105"),
        ({"authorization": None}, 500, "EGW00205"),
        ({"authorization": "Basic abc"}, 500, "EGW00205"),
        ({"authorization": "Bearer abc"}, 500, "EGW00121"),
        ({"authorization": "Bearer " + "x" * 350}, 500, "EGW00205"),
        ({"tr_id": None}, 200, "OPSQ0002"),
        ({"tr_id": "TTTC8908R"}, 200, "OPSQ0002"),
        ({"tr_id": "VTTC8434R"}, 500, "EGW02005"),
        ({"tr_cont": "M"}, 500, "EGW00101"),
        ({"custtype": "X"}, 500, "EGW00208"),
        ({"custtype": "B"}, 500, "EGW00208"),
        ({"content_type": "text/plain"}, 500, "EGW00132"),
        ({"mac_address": "00:00:5e:00:53:af"}, 500, "EGW00101"),
        ({"gt_uid": "a" * 33}, 500, "EGW00101"),
    ],
)
def test_headers(changed: dict[str, str | None], status: int, code: str) -> None:
    with serving() as raw:
        assert said(raw.get(raw.headers(**changed)))[:2] == (status, code)


def _bad_parameters() -> list[tuple[str, str | None]]:
    bad: list[tuple[str, str | None]] = []
    for entry in PARAMETERS:
        if entry.key in ("CANO", "ACNT_PRDT_CD"):
            continue
        if entry.required:
            bad += [(entry.key, None), (entry.key, "")]
        if entry.choices:
            bad += [(entry.key, "?"), (entry.key, entry.default.lower() + "0")]
        bad.append((entry.key, "9" * ((entry.length or 0) + 1)))
    return bad


@pytest.mark.parametrize(("key", "value"), _bad_parameters())
def test_parameters(key: str, value: str | None) -> None:
    with serving() as raw:
        assert said(raw.get(**{key: value})) == (200, "OPSQ2001", f"ERROR : INPUT INVALID_CHECK_{key}")


def test_every_allowed_value_is_answered_but_the_one_that_is_blocked() -> None:
    with serving() as raw:
        for entry in PARAMETERS:
            for value in entry.choices:
                blocked = (entry.key, value) == ("INQR_DVSN", "02")
                assert raw.get(**{entry.key: value}).json()["rt_cd"] == ("2" if blocked else "0")
        for value in ("", "N", "Y", " "):
            assert raw.get(OFL_YN=value).json()["rt_cd"] == "0"
        assert said(raw.get(INQR_DVSN="02"))[2] == "ERROR : INPUT INVALID_CHECK_INQR_DVSN"


@pytest.mark.parametrize("changed", [{"CANO": "87654321"}, {"CANO": None, "cano": "12345678"}, {"ACNT_PRDT_CD": "22"}, {"CANO": ""}])
def test_accounts_of_others(changed: dict[str, str | None]) -> None:
    with serving() as raw:
        assert said(raw.get(**changed)) == (200, "OPSQ2000", "ERROR : INPUT INVALID_CHECK_ACNO")


def test_two_accounts_may_share_a_key() -> None:
    one = demo_account(rows=3)
    pension = dataclasses.replace(one, number=f"{one.cano}-22", seed=2)
    with serving(one, accounts=[one, pension]) as raw:
        assert raw.get().json()["output1"] == one.holdings()
        assert raw.get(ACNT_PRDT_CD="22").json()["output1"] == pension.holdings() != one.holdings()


def test_unknown_parameters_are_ignored_and_counted() -> None:
    with serving() as raw:
        assert raw.get(NOT_A_PARAMETER="1").json()["rt_cd"] == "0"
        assert raw.simulator.stats()["unknown_parameters"] == {"NOT_A_PARAMETER": 1}


def test_keys_of_the_other_environment_get_a_token_and_no_answer() -> None:
    for own, host, code in ((Environment.REAL, Environment.MOCK, "EGW02007"), (Environment.MOCK, Environment.REAL, "EGW02004")):
        with serving(demo_account(own), host=host) as raw:
            assert said(raw.get())[:2] == (500, code)
    with serving(demo_account(Environment.MOCK)) as raw:
        assert said(raw.get(raw.headers(tr_id="TTTC8434R"))) == (500, "EGW02006", "모의투자 TR 이 아닙니다.")


def _cursor(raw: Raw) -> dict[str, str | None]:
    body = raw.get().json()
    return {"CTX_AREA_FK100": body["ctx_area_fk100"], "CTX_AREA_NK100": body["ctx_area_nk100"]}


def test_a_cursor_continues_only_its_own_query_and_only_as_it_came() -> None:
    with serving() as raw:
        cursor = _cursor(raw)
        go_on = raw.headers(tr_cont="N")
        changed = (200, "SYDB0050", "조회이후에 자료가 변경되었습니다.(다시 조회하세요)")
        assert raw.get(go_on, **cursor).json()["output1"] == raw.account.holdings(50, 100)
        assert raw.get(go_on, **cursor).json()["output1"] == raw.account.holdings(50, 100)  # a call may be made again
        assert raw.get(**cursor).json()["output1"] == raw.account.holdings(50, 100)  # as one public client does
        assert said(raw.get(go_on)) == changed
        assert said(raw.get(go_on, **{key: str(value).strip() for key, value in cursor.items()})) == changed
        assert said(raw.get(go_on, **cursor, PRCS_DVSN="01")) == changed
        assert said(raw.get(go_on, **{key.lower(): value for key, value in cursor.items()})) == changed
        assert raw.get(go_on, **cursor).json()["rt_cd"] == "0"
        last = raw.pages()[-1].json()
        ended = {"CTX_AREA_FK100": last["ctx_area_fk100"], "CTX_AREA_NK100": last["ctx_area_nk100"]}
        assert said(raw.get(go_on, **ended))[:2] == (500, "SYDB0050")


def test_a_cursor_outlives_its_token() -> None:
    with serving() as raw:
        cursor = _cursor(raw)
        raw.post("/oauth2/revokeP", appkey=raw.account.appkey, appsecret=raw.account.appsecret, token=raw.token)
        raw.token = ""
        assert raw.get(raw.headers(tr_cont="N"), **cursor).json()["rt_cd"] == "0"


def test_a_corporation_says_who_it_is() -> None:
    with serving(CORPORATION) as raw:
        assert raw.get(raw.headers(**IDENTITY)).json()["rt_cd"] == "0"
        assert raw.get(raw.headers(**IDENTITY | {"gt_uid": "b"})).headers["gt_uid"] == "b"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"custtype": "P"}, "EGW00208"),
        ({"custtype": None}, "EGW00208"),
        ({"personalseckey": None}, "EGW00304"),
        ({"personalseckey": "k" * 181}, "EGW00304"),
        ({"seq_no": None}, "EGW00209"),
        ({"seq_no": "01"}, "EGW00209"),
        ({"phone_number": None}, "EGW00212"),
        ({"phone_number": "010-1111-222"}, "EGW00212"),
        ({"ip_addr": None}, "EGW00207"),
        ({"ip_addr": "203.0.113.256"}, "EGW00207"),
        ({"gt_uid": None}, "EGW00101"),
        ({"gt_uid": "a" * 33}, "EGW00101"),
        ({"gt_uid": "used"}, "EGW00101"),
    ],
)
def test_a_corporation_that_does_not_is_refused(changed: dict[str, str | None], code: str) -> None:
    with serving(CORPORATION) as raw:
        assert raw.get(raw.headers(**IDENTITY | {"gt_uid": "used"})).json()["rt_cd"] == "0"
        assert said(raw.get(raw.headers(**IDENTITY | changed)))[:2] == (500, code)


def test_a_corporation_cannot_trade_on_paper() -> None:
    with serving(dataclasses.replace(CORPORATION, environment=Environment.MOCK)) as raw:
        assert said(raw.get(raw.headers(**IDENTITY)))[:2] == (500, "EGW00210")


def test_other_paths_and_methods() -> None:
    with serving() as raw:
        for path in ("/", "/uapi/overseas-stock/v1/trading/inquire-balance", "/_simulator/nothing"):
            answer = raw.session.get(raw.host + path, timeout=TIMEOUT)
            assert (answer.status_code, list(answer.json())) == (404, ["error"])
        for method, path in (("POST", PATH), ("GET", "/oauth2/tokenP"), ("DELETE", "/oauth2/revokeP")):
            answer = raw.session.request(method, raw.host + path, timeout=TIMEOUT)
            assert answer.status_code == 405
            assert answer.headers["allow"]


def test_calls_are_kept_without_secrets() -> None:
    with serving() as raw:
        raw.get(raw.headers(personalseckey="hidden", phone_number="01011112222", mac_address="0242AC120002"))
        call = raw.simulator.calls[-1]
        assert (call.path, call.status, call.msg_cd, call.environment) == (PATH, 200, "KIOK0510", Environment.REAL)
        assert call.params["CANO"] == raw.account.cano
        assert call.headers["mac_address"] == "0242AC120002"
        kept = f"{dict(call.headers)} {raw.simulator.stats()}"
        for secret in (raw.account.appkey, raw.account.appsecret, raw.token, "hidden", "01011112222"):
            assert secret not in kept
        shown = f"{call!r} {raw.simulator!r} {raw.account!r}"
        assert not re.search(f"{raw.account.appkey}|{raw.account.appsecret}|{raw.token}", shown)
        assert raw.account.cano not in repr(call)


def test_what_is_no_http_does_no_harm() -> None:
    with serving() as raw:
        with socket.create_connection(("127.0.0.1", int(raw.host.rpartition(":")[2])), TIMEOUT) as connection:
            connection.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
            connection.recv(1000)
        assert requests.get(raw.host + "/", timeout=TIMEOUT).status_code == 404
