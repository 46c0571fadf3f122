"""Two public clients read an account from the simulator: what it answers is not only what our own client expects.

Their addresses are replaced and nothing else. Neither knows that a row's key is more than its code, so rows are
compared as lists.
"""

from __future__ import annotations

import importlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kis_xl.fields import Environment
from kis_xl.simulator import Limits, SimAccount, Simulator, demo_account

# enough for three pages on each host
ROWS = {Environment.REAL: 120, Environment.MOCK: 45}
ENVIRONMENTS = pytest.mark.parametrize("environment", list(Environment), ids=lambda environment: environment.key)


def _peer(module: str, package: str) -> Any:
    return pytest.importorskip(module, reason=f"{package} is not installed (pip install kis-xl[peers])")


@pytest.fixture
def mojito(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    module = _peer("mojito", "mojito2")
    monkeypatch.chdir(tmp_path)  # it keeps its token, keys and all, in the working directory
    return module.koreainvestment


def _mojito_client(mojito: Any, simulator: Simulator, account: SimAccount, monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_base_url(client: Any, mock: bool = True) -> None:
        client.base_url = simulator.mock_url if mock else simulator.real_url

    monkeypatch.setattr(mojito.KoreaInvestment, "set_base_url", set_base_url)
    mock = account.environment is Environment.MOCK
    return mojito.KoreaInvestment(account.appkey, account.appsecret, account.number, mock=mock)


@ENVIRONMENTS
def test_mojito_reads_every_row(mojito: Any, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    account = demo_account(environment, ROWS[environment])
    with Simulator(accounts=[account], limits=Limits.off()) as simulator:
        client = _mojito_client(mojito, simulator, account, monkeypatch)
        answer = client.fetch_balance()
        assert [call.status for call in simulator.calls] == [200] * 4
        assert [call.headers.get("tr_cont") for call in simulator.calls] == [None] * 4
    assert answer["output1"] == account.holdings()
    assert answer["output2"] == [account.summary()] * 3


def test_mojito_uses_its_token_again(mojito: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    account = demo_account(Environment.REAL, 3)
    with Simulator(accounts=[account]) as simulator:
        for _ in range(2):
            _mojito_client(mojito, simulator, account, monkeypatch).fetch_balance()
        assert simulator.tokens_issued == 1
        assert len(simulator.calls) == 3


@pytest.fixture
def pykis() -> Any:
    _peer("pykis", "python-kis")
    return importlib.import_module("pykis.kis")


def _pykis_client(pykis: Any, simulator: Simulator, account: SimAccount, monkeypatch: pytest.MonkeyPatch) -> Any:
    auth = importlib.import_module("pykis.client.auth").KisAuth
    monkeypatch.setattr(pykis, "REAL_DOMAIN", simulator.real_url)
    monkeypatch.setattr(pykis, "VIRTUAL_DOMAIN", simulator.mock_url)
    virtual = account.environment is Environment.MOCK
    # it wants keys of the real environment also where it uses those of the other
    real = account if not virtual else demo_account(Environment.REAL)
    auths = [auth("demo", each.appkey, each.appsecret, each.number, virtual=False) for each in [real]]
    if virtual:
        auths.append(auth("demo", account.appkey, account.appsecret, account.number, virtual=True))
    return pykis.PyKis(*auths, use_websocket=False)


def _holdings(client: Any, account: SimAccount) -> list[tuple[str, Decimal, Decimal, Decimal, Decimal]]:
    balance = client.account(account.number).balance("KR")
    assert balance.deposits["KRW"].amount == int(account.summary()["dnca_tot_amt"])
    return [(row.symbol, row.quantity, row.orderable, row.purchase_amount, row.current_price) for row in balance.stocks]


@ENVIRONMENTS
def test_python_kis_reads_every_row(pykis: Any, environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    account = demo_account(environment, ROWS[environment])
    # it asks by stock, which the service no longer answers, and sends the cursor in lower case
    with Simulator(accounts=[account], limits=Limits.off(), allow_by_stock=True, any_case_cursors=True) as simulator:
        client = _pykis_client(pykis, simulator, account, monkeypatch)
        seen = _holdings(client, account)
        client.close()
        assert [call.params["INQR_DVSN"] for call in simulator.calls[1:]] == ["02"] * 3
    columns = ("hldg_qty", "ord_psbl_qty", "pchs_amt", "prpr")
    assert seen == [(row["pdno"], *(Decimal(row[key]) for key in columns)) for row in account.holdings(by_stock=True)]


def test_python_kis_meets_what_the_service_refuses(pykis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = importlib.import_module("pykis.client.exceptions")
    account = demo_account(Environment.REAL)
    for allowed, code in ((False, "OPSQ2001"), (True, "SYDB0050")):
        with Simulator(accounts=[account], limits=Limits.off(), allow_by_stock=allowed) as simulator:
            client = _pykis_client(pykis, simulator, account, monkeypatch)
            with pytest.raises(errors.KisAPIError) as refused:
                client.account(account.number).balance("KR")
            client.close()
        assert refused.value.msg_cd == code
