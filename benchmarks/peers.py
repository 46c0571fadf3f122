"""A public client reading the simulator's account, timed: `python -m benchmarks.peers mojito|pykis URL`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from kis_xl.simulator import demo_account

ROUNDS = 5


def mojito(url: str) -> Callable[[], int]:
    from mojito import KoreaInvestment

    def at_the_simulator(self: KoreaInvestment, mock: bool = True) -> None:
        self.base_url = url

    KoreaInvestment.set_base_url = at_the_simulator
    given = demo_account()
    client = KoreaInvestment(api_key=given.appkey, api_secret=given.appsecret, acc_no=given.number)
    return lambda: len(client.fetch_balance()["output1"])


def pykis(url: str) -> Callable[[], int]:
    from pykis import KisAuth, PyKis
    from pykis import kis as module

    module.REAL_DOMAIN = url
    given = demo_account()
    auth = KisAuth(id="benchmark", account=given.number, appkey=given.appkey, secretkey=given.appsecret, virtual=False)
    client = PyKis(auth, keep_token=str(Path.cwd()))
    return lambda: len(client.account().balance("KR").stocks)


def main(name: str, url: str) -> None:
    fetch = {"mojito": mojito, "pykis": pykis}[name](url)
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        assert fetch() > 0
        took.append(time.perf_counter() - started)
    print(median(took))


if __name__ == "__main__":
    main(*sys.argv[1:])
