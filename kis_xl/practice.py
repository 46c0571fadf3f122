"""The practice account: made-up holdings from a simulated service in this very process, so that Excel can be tried with no keys."""

from __future__ import annotations

import atexit
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from kis_xl import kst
from kis_xl.accounts import Account, AccountNumber
from kis_xl.fields import Environment
from kis_xl.redaction import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kis_xl.simulator import Simulator

ENVIRONMENT = Environment.MOCK
_ROWS = 18  # one page of the mock service
_SEED = 7
_running: Simulator | None = None
_lock = threading.Lock()


def practice_account(name: str, parameters: Mapping[str, str]) -> Account:
    """The account; its simulator starts with the first call."""
    from kis_xl.simulator.accounts import demo_account  # noqa: PLC0415 (only for those who practise)

    simulated = demo_account(ENVIRONMENT, _ROWS, _SEED)
    return Account(
        name=name,
        number=AccountNumber.parse(simulated.number),
        appkey=Secret(simulated.appkey),
        appsecret=Secret(simulated.appsecret),
        environment=ENVIRONMENT,
        parameters=parameters,
        practice=address,
    )


def address() -> str:
    """The address of this process's simulator, which is started when it is first asked for."""
    global _running
    with _lock:
        if _running is None:
            from kis_xl.simulator import Limits, Simulator, demo_account  # noqa: PLC0415

            # no limits: each process has a simulator of its own, which knows nothing of another's calls and tokens
            # prices go on from day to day, so that the history and the changes can be tried, too
            account = replace(demo_account(ENVIRONMENT, _ROWS, _SEED), today=lambda: kst.now().date())
            _running = Simulator(accounts=[account], limits=Limits.off())
            _running.start()
            atexit.register(_running.stop)
        return _running.url(ENVIRONMENT)
