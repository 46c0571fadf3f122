"""A whole fetch against a bare loop that only parses JSON, and the rate kept under the mock limit."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import requests

from benchmarks.server import serving
from benchmarks.table import Line
from kis_xl.accounts import Account, AccountNumber, query
from kis_xl.broker import Broker, Policy
from kis_xl.datafolder import DataFolder
from kis_xl.fields import PATH, Environment
from kis_xl.redaction import Secret
from kis_xl.simulator import demo_account

ROWS, LATENCY, CONNECTING, ROUNDS = 1_000, 0.030, 0.060, 9
MOCK_PAGES = 12


def account_for(environment: Environment, url: str) -> Account:
    given = demo_account(environment)
    return Account("benchmark", AccountNumber.parse(given.number), Secret(given.appkey), Secret(given.appsecret), environment, url)


def bare_loop(account: Account, token: str) -> int:
    """What anyone would write first: no checks, no types, no limits, no second try."""
    headers = {
        "authorization": f"Bearer {token}",
        "appkey": account.appkey.reveal(),
        "appsecret": account.appsecret.reveal(),
        "tr_id": account.environment.tr_id,
        "custtype": "P",
        "tr_cont": "",
    }
    params = query(account, {})
    rows: list[Any] = []
    with requests.Session() as session:
        while True:
            answer = session.get(account.host + PATH, headers=headers, params=params)
            body = answer.json()
            rows += body["output1"]
            if answer.headers["tr_cont"] not in ("F", "M"):
                return len(rows)
            headers["tr_cont"] = "N"
            params |= {"CTX_AREA_FK100": body["ctx_area_fk100"], "CTX_AREA_NK100": body["ctx_area_nk100"]}


def whole_fetch(account: Account, home: Path) -> int:
    with Broker(account, DataFolder(home), Policy(limited=False)) as broker:
        return len(broker.balance().holdings)


def seconds(work: Callable[[], int]) -> float:
    started = time.perf_counter()
    assert work() == ROWS
    return time.perf_counter() - started


def against_a_bare_loop() -> list[Line]:
    with serving(rows=ROWS, latency=LATENCY, connect_latency=CONNECTING, limited=False) as server, tempfile.TemporaryDirectory() as home:
        os.environ["REQUESTS_CA_BUNDLE"] = server["ca"]
        account = account_for(Environment.REAL, server["real"])
        whole_fetch(account, Path(home))  # gets the token that both then have
        (stored,) = Path(home, "tokens").glob("*.json")
        token = stored.read_text().split('"')[3]
        ours, bare = [], []
        for _ in range(ROUNDS):
            bare.append(seconds(lambda: bare_loop(account, token)))
            ours.append(seconds(lambda: whole_fetch(account, Path(home))))
        basis = median(bare)
        lines = [
            Line(
                f"whole fetch, {ROWS} holdings over TLS / bare loop",
                median(ours) / basis,
                "≤ 1.10",
                f"{median(ours):.3f} s / {basis:.3f} s",
            )
        ]
        return lines + [line for peer in ("mojito", "pykis") for line in peers(peer, account, server, basis)]


def peers(name: str, account: Account, server: dict[str, str], basis: float) -> list[Line]:
    """The same account read by a public client, for comparison, where it is installed."""
    if importlib.util.find_spec(name) is None:
        return [Line(f"{name} / bare loop", None, "", "not installed: pip install .[peers]")]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.peers", name, account.host]
        path = os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
        environment = os.environ | {"REQUESTS_CA_BUNDLE": server["ca"], "PYTHONPATH": path}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        return [Line(f"{name} / bare loop", None, "", "failed: " + (done.stderr.strip().splitlines() or ["?"])[-1][:60])]
    took = float(done.stdout.split()[-1])
    return [Line(f"{name} / bare loop", took / basis, "", f"{took:.3f} s")]


def under_the_mock_limit() -> list[Line]:
    rows = MOCK_PAGES * Environment.MOCK.page_size
    with serving(rows=rows, latency=LATENCY, connect_latency=CONNECTING, limited=True) as server, tempfile.TemporaryDirectory() as home:
        os.environ["REQUESTS_CA_BUNDLE"] = server["ca"]
        account = account_for(Environment.MOCK, server["mock"])
        seen: list[float] = []
        with Broker(account, DataFolder(Path(home)), Policy(attempts=1)) as broker:
            broker.balance(progress=lambda _: seen.append(time.perf_counter()))
        refused = requests.get(f"{account.host}/_simulator/stats", timeout=10).json()["refused"]
    rate = (len(seen) - 1) / (seen[-1] - seen[0])
    return [
        Line("calls a second under the mock limit / 1 allowed", rate, "≥ 0.90", f"{MOCK_PAGES} pages"),
        Line("  of which refused", refused, "0", ""),
    ]


def lines() -> list[Line]:
    return against_a_bare_loop() + under_the_mock_limit()
