"""One process of many: `python -m tests.fetcher URL ENVIRONMENT HOME GATE` waits for the file GATE, then fetches.

Prints the number of holdings, or the error.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from kis_xl.broker import Broker, Policy
from kis_xl.datafolder import DataFolder
from kis_xl.errors import KisError
from kis_xl.fields import Environment
from kis_xl.simulator import demo_account
from tests.broker_kit import account_of


def main(url: str, environment: str, home: str, gate: str) -> None:
    account = account_of(demo_account(Environment.of(environment)), url)
    print("ready", flush=True)
    while not Path(gate).exists():
        time.sleep(0.005)
    try:
        with Broker(account, DataFolder(Path(home)), Policy()) as broker:
            print(len(broker.balance().holdings), flush=True)
    except KisError as error:
        print(f"{type(error).__name__}: {error}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
