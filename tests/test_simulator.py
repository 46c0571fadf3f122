"""The simulator's accounts and pages, read with nothing but requests."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from kis_xl.fields import HOLDING_FIELDS, PARAMETERS, PATH, RESPONSE_BODY, RESPONSE_HEADERS, SUMMARY_FIELDS, Environment, Field, Kind
from kis_xl.simulator import Limits, Row, SimAccount, Simulator, demo_account, reference_account

ENVIRONMENTS = pytest.mark.parametrize("environment", list(Environment), ids=lambda environment: environment.key)
BLANK = " " * 100
TIMEOUT = 10


@dataclass
class Raw:
    """Sends what it is told to and checks nothing."""

    simulator: Simulator
    account: SimAccount
    host: str
    session: requests.Session = field(default_factory=requests.Session)
    token: str = ""

    def post(self, path: str, **content: str) -> requests.Response:
        return self.session.post(self.host + path, json=content, timeout=TIMEOUT)

    def ask_token(self, **changed: str) -> requests.Response:
        keys = {"appkey": self.account.appkey, "appsecret": self.account.appsecret}
        return self.post("/oauth2/tokenP", **{"grant_type": "client_credentials", **keys, **changed})

    def headers(self, **changed: str | None) -> dict[str, str]:
        if not self.token:
            self.token = self.ask_token().json()["access_token"]
        headers: dict[str, str | None] = {
            "content-type": "application/json; charset=utf-8",
            "authorization": f"Bearer {self.token}",
            "appkey": self.account.appkey,
            "appsecret": self.account.appsecret,
            "tr_id": self.account.environment.tr_id,
            "custtype": "P",
        }
        changes = {name.replace("content_type", "content-type"): value for name, value in changed.items()}
        return {name: value for name, value in (headers | changes).items() if value is not None}

    def parameters(self, **changed: str | None) -> dict[str, str]:
        values: dict[str, str | None] = {entry.key: entry.default for entry in PARAMETERS}
        values |= {"CANO": self.account.cano, "ACNT_PRDT_CD": self.account.product} | changed
        return {key: value for key, value in values.items() if value is not None}

    def get(self, headers: dict[str, str] | None = None, /, **changed: str | None) -> requests.Response:
        url, sent = self.host + PATH, headers or self.headers()
        return self.session.get(url, params=self.parameters(**changed), headers=sent, timeout=TIMEOUT, allow_redirects=False)

    def following(self, answer: requests.Response, **changed: str | None) -> requests.Response:
        body = answer.json()
        cursor = {"CTX_AREA_FK100": body["ctx_area_fk100"], "CTX_AREA_NK100": body["ctx_area_nk100"]}
        return self.get(self.headers(tr_cont="N"), **{**cursor, **changed})

    def pages(self, most: int = 2100) -> list[requests.Response]:
        answers = [self.get()]
        while answers[-1].headers["tr_cont"] in "FM" and len(answers) < most:
            answers.append(self.following(answers[-1]))
        return answers


@contextmanager
def serving(account: SimAccount | None = None, host: Environment | None = None, **options: Any) -> Iterator[Raw]:
    account = account or demo_account()
    with Simulator(**{"accounts": [account], "limits": Limits.off(), **options}) as simulator, requests.Session() as session:
        session.trust_env = False
        yield Raw(simulator, account, simulator.url(host or account.environment), session)


def said(answer: requests.Response) -> tuple[int, str, str]:
    """Status, msg_cd and msg1 of an answer that is an error and carries no outputs."""
    body = answer.json()
    assert body.keys() == {"rt_cd", "msg_cd", "msg1"}
    return answer.status_code, body["msg_cd"], body["msg1"].rstrip(" ")


def rows_of(answers: list[requests.Response]) -> list[Row]:
    return [row for answer in answers for row in answer.json()["output1"]]


def integer(row: Row, key: str) -> int:
    return int(row[key])


def total(rows: list[Row], key: str) -> int:
    return sum(int(row[key]) for row in rows)


@ENVIRONMENTS
@pytest.mark.parametrize("rows", [0, 1, 19, 20, 21, 50, 51, 100, 120])
def test_every_row_comes_once_page_by_page(environment: Environment, rows: int) -> None:
    account = demo_account(environment, rows)
    with serving(account) as raw:
        answers = raw.pages()
    size = environment.page_size
    assert len(answers) == max(1, -(-rows // size))
    assert rows_of(answers) == account.holdings()
    assert len(rows_of(answers)) == rows
    assert [answer.headers["tr_cont"] for answer in answers] == ["M"] * (len(answers) - 1) + ["D"]
    for answer in answers[:-1]:
        body = answer.json()
        assert len(body["output1"]) == size
        assert len(body["ctx_area_fk100"]) == len(body["ctx_area_nk100"]) == 100
        assert body["ctx_area_nk100"].startswith("N^")
    last = answers[-1].json()
    assert last["ctx_area_nk100"] == BLANK
    assert bool(last["ctx_area_fk100"].strip()) is (environment is Environment.REAL)
    nothing = rows == 0 and environment is Environment.MOCK
    assert all(answer.json()["output2"] == ([] if nothing else [account.summary()]) for answer in answers)
    code = "KIOK0510" if environment is Environment.REAL else "70070000" if nothing else "20310000"
    assert {answer.json()["msg_cd"] for answer in answers} == {code}


def test_cursors_look_like_the_service_s() -> None:
    with serving() as raw:
        first, last = raw.get().json(), raw.pages()[-1].json()
        assert first["ctx_area_fk100"] == "12345678^01^N^N^01^01^N^".ljust(100) == last["ctx_area_fk100"]
        code = first["output1"][-1]["pdno"]
        assert first["ctx_area_nk100"] == f"N^00000A{code}^300^00000000^00^".ljust(100)


@ENVIRONMENTS
def test_answers_have_the_document_s_members_and_headers(environment: Environment) -> None:
    with serving(demo_account(environment, 21)) as raw:
        answer = raw.get()
    body = answer.json()
    assert sorted(body) == sorted(entry.key for entry in RESPONSE_BODY)
    assert body["rt_cd"] == "0"
    assert len(body["msg1"].encode("cp949")) == 80
    names = answer.raw.headers.keys()
    assert {entry.key for entry in RESPONSE_HEADERS} <= set(names)  # as they were sent: in lower case
    assert answer.headers["tr_id"] == environment.tr_id
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    for table, fields in (("output1", HOLDING_FIELDS), ("output2", SUMMARY_FIELDS)):
        for row in body[table]:
            assert list(row) == [entry.key for entry in fields]
            for entry in fields:
                assert _is_printed(entry, row[entry.key]), (entry.key, row[entry.key])


def _is_printed(entry: Field, value: object) -> bool:
    if not isinstance(value, str) or (entry.length is not None and len(value.encode("cp949")) > entry.length):
        return False
    if entry.kind is Kind.DATE:
        return re.fullmatch(r"|\d{8}", value) is not None
    if entry.kind.python_type is str:
        return True
    decimals = rf"\.\d{{{entry.decimals}}}" if entry.decimals else ""
    return re.fullmatch(rf"-?(?:0|[1-9]\d*){decimals}", value) is not None and not re.fullmatch(r"-0(\.0+)?", value)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(Environment)), st.integers(1, 9999), st.integers(0, 400))
def test_totals_add_up_with_the_rows(environment: Environment, seed: int, rows: int) -> None:
    account = demo_account(environment, rows, seed)
    holdings, summary = account.holdings(), account.summary()
    assert integer(summary, "pchs_amt_smtl_amt") == total(holdings, "pchs_amt")
    assert integer(summary, "evlu_amt_smtl_amt") == integer(summary, "scts_evlu_amt") == total(holdings, "evlu_amt")
    assert integer(summary, "evlu_pfls_smtl_amt") == total(holdings, "evlu_pfls_amt")
    assert integer(summary, "tot_loan_amt") == total(holdings, "loan_amt")
    whole = integer(summary, "tot_evlu_amt")
    assert whole == integer(summary, "scts_evlu_amt") + integer(summary, "prvs_rcdl_excc_amt")
    assert integer(summary, "asst_icdc_amt") == whole - integer(summary, "bfdy_tot_asst_evlu_amt")
    assert integer(summary, "nass_amt") == whole - integer(summary, "tot_loan_amt")
    for row in holdings:
        priced = row["prpr"] != "0"
        assert integer(row, "evlu_amt") == integer(row, "hldg_qty") * integer(row, "prpr")
        assert integer(row, "evlu_pfls_amt") == (integer(row, "evlu_amt") - integer(row, "pchs_amt") if priced else 0)
        assert (row["trad_dvsn_name"] == "자기융자") is bool(row["loan_dt"]) is bool(row["expd_dt"]) is (row["loan_amt"] != "0")
    keys = [(row["pdno"], row["trad_dvsn_name"], row["loan_dt"]) for row in holdings]
    assert len(set(keys)) == rows


def test_an_account_has_what_a_real_one_has() -> None:
    rows = demo_account(rows=120).holdings()
    codes = {row["pdno"] for row in rows}
    assert {"005930", "005935", "069500", "114800", "Q500001", "00104K"} <= codes
    assert any(row["hldg_qty"] == "0" and row["thdt_sll_qty"] != "0" for row in rows)
    assert [row["evlu_amt"] for row in rows if row["fltt_rt"] == "-100.00000000"] == ["0"]
    assert any(row["fltt_rt"].startswith("-") and integer(row, "bfdy_cprs_icdc") > 0 for row in rows)
    assert {row["evlu_pfls_amt"][0] == "-" for row in rows} == {True, False}
    # a stock in three rows, and one on both sides of where pages end at 20 and at 50
    assert [row["loan_dt"] != "" for row in rows if row["pdno"] == rows[3]["pdno"]] == [False, True, True]
    assert rows[19]["pdno"] == rows[20]["pdno"]
    assert rows[49]["pdno"] == rows[50]["pdno"]
    cut = [row for row in rows if row["hldg_qty"] != "0" and Decimal(row["pchs_avg_pric"]) != _recomputed(row)]
    assert 0 < len(cut) < 60


def _recomputed(row: Row) -> Decimal:
    return (Decimal(row["pchs_amt"]) / Decimal(row["hldg_qty"])).quantize(Decimal("0.0001"))


def test_only_mock_fills_what_the_document_calls_unused() -> None:
    for environment, filled in ((Environment.REAL, False), (Environment.MOCK, True)):
        account = demo_account(environment, 40)
        assert any(row["evlu_erng_rt"] != "0.00000000" for row in account.holdings()) is filled
        assert (account.summary()["asst_icdc_erng_rt"] != "0.00000000") is filled


def test_the_same_seed_makes_the_same_account() -> None:
    one, other = demo_account(rows=60, seed=7), demo_account(rows=90, seed=7)
    assert one.holdings() == other.holdings(0, 60) != demo_account(rows=60, seed=8).holdings()
    # what it was when this was written: other versions of Python must make the same
    assert [one.holdings()[3][key] for key in ("pdno", "hldg_qty", "pchs_amt", "prpr")] == ["005380", "43", "15575500", "287500"]


def test_the_reference_account_is_the_published_answer() -> None:
    with serving(reference_account()) as raw:
        body = raw.get().json()
    assert [row["prdt_name"] for row in body["output1"]] == ["SK하이닉스", "KODEX 인버스"]
    assert "|".join(body["output1"][1].values()) == (
        "114800|KODEX 인버스|현금|0|0|0|0|35|35|4482.1420|156875|4290|150150|-6725|-4.29|-4.28685259||0|0||-0.58000000|-25|60%||0|0.0000"
    )
    assert " ".join(body["output2"][0].values()) == (
        "9644485 9644485 9644485 0 0 0 0 0 0 0 0 0 0 365650 10010135 10010135  355475 365650 10175 0 10005510 4625 0.04622453"
    )
    assert body["msg_cd"] == "20310000"


def test_a_hundred_thousand_rows_are_made_page_by_page() -> None:
    account = demo_account(rows=100_000, seed=3)
    keys = {(row["pdno"], row["trad_dvsn_name"], row["loan_dt"]) for row in account.holdings()}
    assert len(keys) == 100_000
    account.summary()
    started = time.perf_counter()
    for start in range(0, 5000, 50):
        account.holdings(50_000 + start, 50_050 + start)
        account.summary()
    assert (time.perf_counter() - started) / 100 < 0.02  # 1 ms here; room for slow machines
    with serving(account) as raw:
        answers = raw.pages(most=3)
        assert rows_of(answers) == account.holdings(0, 150)


def test_first_more_and_an_empty_last_page_can_be_chosen() -> None:
    with serving(demo_account(rows=100), first_more="F", empty_last_page=True) as raw:
        answers = raw.pages()
        assert [answer.headers["tr_cont"] for answer in answers] == ["F", "M", "D"]
        assert [len(answer.json()["output1"]) for answer in answers] == [50, 50, 0]
        assert answers[-1].json()["output2"] == [raw.account.summary()]


def test_by_stock_joins_the_loans_of_a_stock() -> None:
    account = demo_account(rows=120)
    with serving(account, allow_by_stock=True) as raw:
        first = raw.get(INQR_DVSN="02")
        rows = rows_of([first, raw.following(first, INQR_DVSN="02"), raw.following(raw.following(first, INQR_DVSN="02"), INQR_DVSN="02")])
    assert len({(row["pdno"], row["trad_dvsn_name"]) for row in rows}) == len(rows) == 114
    assert {row["loan_dt"] for row in rows} == {""}
    for key in ("hldg_qty", "pchs_amt", "evlu_amt", "loan_amt"):
        assert total(rows, key) == total(account.holdings(), key)
