"""What costs no network: typing rows, importing the package, memory."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median

from benchmarks.table import Line
from kis_xl.fields import Environment
from kis_xl.parsing import read_holdings
from kis_xl.simulator import Limits, Simulator, demo_account

ROUNDS = 15
MANY_ROWS = 100_000

FETCH = """
import resource, sys, tempfile
from pathlib import Path
from benchmarks.fetch import account_for
from kis_xl.broker import Broker, Policy
from kis_xl.datafolder import DataFolder
from kis_xl.fields import Environment
with tempfile.TemporaryDirectory() as home:
    with Broker(account_for(Environment.REAL, sys.argv[1]), DataFolder(Path(home)), Policy(limited=False)) as broker:
        balance = broker.balance()
    assert len(balance.holdings) == int(sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2))
"""


def typical(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        gc.collect()
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return median(took)


def typing() -> list[Line]:
    data = json.dumps(demo_account(rows=10_000).holdings(), ensure_ascii=False).encode()
    rows = json.loads(data)
    parse, read = typical(lambda: json.loads(data)), typical(lambda: read_holdings(rows))
    return [Line("typing 10,000 rows / json.loads of the same bytes", read / parse, "≤ 4", f"{read * 1e3:.0f} ms / {parse * 1e3:.0f} ms")]


def importing() -> list[Line]:
    def start(statement: str) -> float:
        return typical(lambda: subprocess.run([sys.executable, "-c", statement], check=True, stdout=subprocess.DEVNULL))

    basis, ours = start("import requests"), start("import requests, kis_xl")
    broker = start("import requests, kis_xl.broker")
    command, library = start("import sys; sys.argv[1:] = ['--help']; from kis_xl.cli import main; main()"), start("import click")
    return [
        Line("import kis_xl, ms over import requests", (ours - basis) * 1e3, "≤ 60", f"{ours * 1e3:.0f} ms, {basis * 1e3:.0f} ms"),
        Line("import kis_xl.broker, ms over import requests", (broker - basis) * 1e3, "", f"{broker * 1e3:.0f} ms"),
        Line("kis-xl --help / import click", command / library, "≤ 1.5", f"{command * 1e3:.0f} ms / {library * 1e3:.0f} ms"),
    ]


def checking() -> list[Line]:
    """The doctor without network, for an account whose every file is there to be looked at."""
    with Simulator([demo_account(Environment.REAL, rows=200)], Limits.off()) as running, tempfile.TemporaryDirectory() as home:
        given = running.account()
        variables = {"ACCOUNT": given.number, "APPKEY": given.appkey, "APPSECRET": given.appsecret, "BASE_URL": running.real_url}
        environment = os.environ | {f"KIS_XL_{name}": value for name, value in (variables | {"HOME": home}).items()}
        command = [sys.executable, "-m", "kis_xl"]
        subprocess.run([*command, "export"], env=environment, check=True, capture_output=True)
        ours = typical(lambda: subprocess.run([*command, "doctor", "--offline"], env=environment, check=True, stdout=subprocess.DEVNULL))
    library = typical(lambda: subprocess.run([sys.executable, "-c", "import click"], check=True))
    return [
        Line("kis-xl doctor --offline, s", ours, "≤ 1", ""),
        Line("kis-xl doctor --offline / import click", ours / library, "", f"{ours * 1e3:.0f} ms / {library * 1e3:.0f} ms"),
    ]


def memory() -> list[Line]:
    name = f"memory of a fetch of {MANY_ROWS:,} rows, MB"
    if sys.platform == "win32":
        return [Line(name, None, "", "not measured on Windows")]
    with Simulator([demo_account(Environment.REAL, rows=MANY_ROWS)], Limits.off()) as running:
        command = [sys.executable, "-c", FETCH, running.real_url, str(MANY_ROWS)]
        started = time.perf_counter()
        peak = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [Line(name, peak, "≤ 400", f"{time.perf_counter() - started:.0f} s")]


def lines() -> list[Line]:
    return typing() + importing() + checking() + memory()
