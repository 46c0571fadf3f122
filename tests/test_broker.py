"""The whole account over real HTTP: every row, every parameter, every header."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kis_xl import kst
from kis_xl.broker import Broker, Progress
from kis_xl.datafolder import DataFolder
from kis_xl.errors import ArgumentError, PermissionDenied
from kis_xl.fields import HOLDING_FIELDS, PARAMETERS, SUMMARY_FIELDS, Environment
from kis_xl.parsing import read_holdings, read_summary
from kis_xl.simulator import SimAccount, reference_account
from tests.broker_kit import QUICK, account_of, broker_for, demo_account, inquiries, simulated

SIZES = [0, 1, 19, 20, 21, 49, 50, 51, 100, 120, 230]


@pytest.mark.parametrize("environment", list(Environment), ids=lambda environment: environment.key)
@pytest.mark.parametrize("rows", SIZES)
def test_every_row_arrives_once_and_in_order(tmp_path: Path, environment: Environment, rows: int) -> None:
    account = demo_account(environment, rows=rows)
    with simulated(account) as running, broker_for(running, tmp_path, environment) as broker:
        balance = broker.balance()
        assert list(balance.holdings) == read_holdings(account.holdings())[0]
        assert balance.pages == max(1, -(-rows // environment.page_size))
        if environment is Environment.MOCK and rows == 0:
            assert balance.summary is None
        else:
            assert balance.summary == read_summary(account.summary())[0]
        assert [check.name for check in balance.checks() if not check.ok] == []
        assert running.tokens_issued == 1
        assert running.connections == 1


@pytest.mark.parametrize("options", [{"first_more": "F"}, {"empty_last_page": True}])
@pytest.mark.parametrize("rows", [50, 100, 101])
def test_the_service_may_mark_pages_in_its_several_ways(tmp_path: Path, rows: int, options: dict[str, object]) -> None:
    account = demo_account(rows=rows)
    with simulated(account, **options) as running, broker_for(running, tmp_path) as broker:
        assert len(broker.balance().holdings) == rows


@settings(max_examples=15, deadline=None)
@given(rows=st.integers(0, 400), seed=st.integers(1, 9_000), environment=st.sampled_from(Environment))
def test_any_account_arrives_whole(tmp_path_factory: pytest.TempPathFactory, rows: int, seed: int, environment: Environment) -> None:
    account = demo_account(environment, rows=rows, seed=seed)
    with simulated(account) as running, broker_for(running, tmp_path_factory.mktemp("any"), environment) as broker:
        balance = broker.balance()
    assert [row.pdno for row in balance.holdings] == [row["pdno"] for row in account.holdings()]
    assert all(check.ok for check in balance.checks())


def test_the_published_capture_is_read_digit_for_digit(tmp_path: Path) -> None:
    with simulated(reference_account()) as running, broker_for(running, tmp_path, Environment.MOCK) as broker:
        balance = broker.balance()
    first, second = balance.holdings
    assert (first.pdno, first.hldg_qty, first.prpr, first.evlu_pfls_rt) == ("000660", 1, 215500, Decimal("8.51"))
    assert (str(second.pchs_avg_pric), second.evlu_pfls_amt, str(second.evlu_erng_rt)) == ("4482.1420", -6725, "-4.28685259")
    assert balance.summary is not None
    assert (balance.summary.tot_evlu_amt, balance.summary.asst_icdc_amt) == (10010135, 4625)
    assert str(balance.summary.asst_icdc_erng_rt) == "0.04622453"
    assert all(check.ok for check in balance.checks())


def test_requests_are_the_documents(tmp_path: Path) -> None:
    with simulated(demo_account(rows=120)) as running, broker_for(running, tmp_path) as broker:
        broker.balance()
        calls = inquiries(running)
        assert [call.headers.get("tr_cont", "") for call in calls] == ["", "N", "N"]
        assert {call.headers["tr_id"] for call in calls} == {"TTTC8434R"}
        assert {call.headers["custtype"] for call in calls} == {"P"}
        assert all(list(call.params) == [field.key for field in PARAMETERS] for call in calls)
        assert calls[0].params["CTX_AREA_NK100"] == ""
        assert [len(call.params["CTX_AREA_NK100"]) for call in calls[1:]] == [100, 100]  # sent back with their padding
        assert not {"gt_uid", "seq_no", "ip_addr"} & set(calls[0].headers)


def test_a_corporation_sends_its_headers_and_a_fresh_uid_each_time(tmp_path: Path) -> None:
    account = replace(demo_account(rows=120), corporate=True)
    with simulated(account, faults=["2=http:503"]) as running:
        with broker_for(running, tmp_path, mac_address="0A1B2C3D4E5F") as broker:
            assert len(broker.balance().holdings) == 120
        calls = inquiries(running)
        assert len(calls) == 4
        assert len({call.headers["gt_uid"] for call in calls}) == 4  # an attempt that failed is a call of its own
        assert all(re.fullmatch(r"[0-9a-f]{32}", call.headers["gt_uid"]) for call in calls)
        assert {(call.headers["custtype"], call.headers["seq_no"], call.headers["ip_addr"]) for call in calls} == {
            ("B", "001", "203.0.113.9")
        }
        assert {call.headers["mac_address"] for call in calls} == {"0A1B2C3D4E5F"}
        with broker_for(running, tmp_path, corporate=None) as personal, pytest.raises(PermissionDenied) as caught:
            personal.balance()
        assert "KIS_XL_CUSTTYPE" in caught.value.hint.en


CHOICES = [(field.key, value) for field in PARAMETERS for value in field.choices if (field.key, value) != ("INQR_DVSN", "02")]


@pytest.mark.parametrize(("key", "value"), CHOICES)
def test_every_allowed_value_reaches_the_service(tmp_path: Path, key: str, value: str) -> None:
    with simulated(demo_account(rows=60)) as running, broker_for(running, tmp_path) as broker:
        balance = broker.balance({key: value})
        assert {call.params[key] for call in inquiries(running)} == {value}
    assert balance.parameters[key] == value
    assert "CANO" not in balance.parameters


def test_by_stock_is_told_when_the_service_refuses_it_and_works_where_it_does_not(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path) as broker:
        with pytest.raises(ArgumentError) as caught:
            broker.balance({"INQR_DVSN": "02"})
        assert (caught.value.msg_cd, "INQR_DVSN=01" in caught.value.hint.en) == ("OPSQ2001", True)
        ours = broker.balance().by_stock()
    with simulated(allow_by_stock=True) as running, broker_for(running, tmp_path) as broker:
        # whether the service joins cash and loan rows too is not known; ours does
        theirs = broker.balance({"INQR_DVSN": "02"}).by_stock()
    assert [(row.pdno, row.hldg_qty, row.pchs_amt, row.evlu_amt) for row in ours] == [
        (row.pdno, row.hldg_qty, row.pchs_amt, row.evlu_amt) for row in theirs
    ]


def test_accounts_keep_their_own_parameters_and_a_call_may_change_them(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path, parameters={"prcs_dvsn": "01", "AFHR_FLPR_YN": "Y"}) as broker:
        balance = broker.balance({"AFHR_FLPR_YN": "X"})
    assert (balance.parameters["PRCS_DVSN"], balance.parameters["AFHR_FLPR_YN"]) == ("01", "X")


def test_progress_is_told_page_by_page_and_may_stop_the_fetch(tmp_path: Path) -> None:
    seen: list[Progress] = []

    class Enough(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.pages == 2:
            raise Enough

    with simulated(demo_account(rows=120)) as running, broker_for(running, tmp_path) as broker:
        broker.balance(progress=seen.append)
        assert seen == [Progress(1, 50), Progress(2, 100), Progress(3, 120)]
        with pytest.raises(Enough):
            broker.balance(progress=stop)
        assert len(inquiries(running)) == 5
        assert len(broker.balance().holdings) == 120


def test_as_of_is_when_the_first_page_came(tmp_path: Path) -> None:
    with simulated(demo_account(rows=120), latency=0.05) as running, broker_for(running, tmp_path) as broker:
        before = kst.now()
        balance = broker.balance()
        after = kst.now()
    assert before < balance.as_of < after - timedelta(seconds=0.09)  # two more pages came later
    assert balance.as_of.utcoffset() == timedelta(hours=9)
    assert balance.seconds >= 0.15


def test_nobody_shows_the_account_number(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path) as broker:
        balance = broker.balance()
        shown = f"{broker!r} {balance!r} {account_of(running.account(), running.real_url)!r}"
    assert running.account().cano not in shown
    assert running.account().appkey not in shown


def test_every_field_of_the_document_is_in_the_result(tmp_path: Path) -> None:
    with simulated() as running, broker_for(running, tmp_path) as broker:
        balance = broker.balance()
    assert all(
        type(getattr(row, field.key)) in (field.kind.python_type, type(None)) for row in balance.holdings for field in HOLDING_FIELDS
    )
    assert all(isinstance(getattr(balance.summary, field.key), field.kind.python_type) for field in SUMMARY_FIELDS)
    unpriced = balance.unpriced()
    assert unpriced
    assert all(row.evlu_amt == 0 and row.hldg_qty for row in unpriced)


def test_several_accounts_have_tokens_of_their_own(tmp_path: Path) -> None:
    accounts: list[SimAccount] = [demo_account(rows=3, seed=seed) for seed in (1, 2)] + [demo_account(Environment.MOCK, rows=3)]
    with simulated(*accounts) as running:
        for each in accounts:
            with Broker(account_of(each, running.url(each.environment)), DataFolder(tmp_path), QUICK) as broker:
                assert len(broker.balance().holdings) == 3
        assert running.tokens_issued == 3
        assert len(list((tmp_path / "tokens").glob("*.token"))) == 3
