"""A simulated KIS Open API server for demonstrations and tests: no keys, no network, nothing real.

    stocks    which stocks there are          messages  what the service says
    book      what an account holds           tokens    access tokens
    rows      ... printed as the service does limits    how often one may call
    accounts  accounts and their keys         rules     what a call must look like
    faults    what can be made to go wrong    paging    cursors
    pages     a page, whole or spoilt         service   the service without sockets
                                              server    the service on two ports

It answers as the API document and what is known beyond it say, and refuses what the service refuses. It knows the
document (`kis_xl.fields`) but nothing of the client that it is there to test.
"""

from typing import TYPE_CHECKING, Any

from kis_xl.simulator.accounts import SimAccount, demo_account, reference_account
from kis_xl.simulator.faults import Fault, parse_fault
from kis_xl.simulator.limits import Limits
from kis_xl.simulator.rows import Row
from kis_xl.simulator.service import Call

if TYPE_CHECKING:
    from kis_xl.simulator.server import Simulator

__all__ = ["Call", "Fault", "Limits", "Row", "SimAccount", "Simulator", "demo_account", "parse_fault", "reference_account"]


def __getattr__(name: str) -> Any:
    """The server's library is loaded for those who start one; a practice account in a list needs none."""
    if name != "Simulator":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from kis_xl.simulator.server import Simulator as found  # noqa: PLC0415

    globals()[name] = found
    return found
