"""A Broker pointed at the simulator, for tests. No mocks of our own HTTP: only the host and the patience differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kis_xl.accounts import Account, AccountNumber, Corporate
from kis_xl.broker import Broker, Policy
from kis_xl.broker.tokens import cipher
from kis_xl.datafolder import DataFolder
from kis_xl.fields import PATH, Environment
from kis_xl.redaction import Secret
from kis_xl.simulator import Call, Limits, SimAccount, Simulator, demo_account

#: Faults pass in no time and nobody waits for limits; what is tested is what happens, not how long it takes.
QUICK = Policy(
    connect_timeout=2.0,
    read_timeout=0.5,
    backoff=0.001,
    longest_backoff=0.01,
    limited=False,
    attempts=4,
    token_wait=0.3,
    token_retry_every=0.05,
)


def account_of(simulated: SimAccount, host: str, **given: Any) -> Account:
    """The account that `simulated` stands for, at the simulator's address."""
    values: dict[str, Any] = {
        "name": "simulated",
        "number": AccountNumber.parse(simulated.number),
        "appkey": Secret(simulated.appkey),
        "appsecret": Secret(simulated.appsecret),
        "environment": simulated.environment,
        "base_url": host,
    }
    if simulated.corporate:
        values["corporate"] = Corporate(Secret("customer-key-of-a-partner"), Secret("01099998888"), ip_addr="203.0.113.9")
    return Account(**(values | given))


@contextmanager
def simulated(*accounts: SimAccount, **options: Any) -> Iterator[Simulator]:
    """A running simulator without limits, unless they are given."""
    with Simulator(accounts=accounts or None, **({"limits": Limits.off()} | options)) as running:
        yield running


def broker_for(
    running: Simulator, folder: Path, environment: Environment = Environment.REAL, policy: Policy = QUICK, **given: Any
) -> Broker:
    """A Broker for the simulator's first account of `environment`, with its data under `folder`."""
    account = account_of(running.account(environment), running.url(environment), **given)
    return Broker(account, DataFolder(folder), policy)


def read_token(file: Path, whose: SimAccount) -> dict[str, str]:
    """What a token's file holds."""
    stored: dict[str, str] = json.loads(cipher(whose.appkey, whose.appsecret).decrypt(file.read_bytes()))
    return stored


def write_token(file: Path, whose: SimAccount, content: object) -> None:
    """Put something into a token's file, as this account's keys would."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    file.write_bytes(cipher(whose.appkey, whose.appsecret).encrypt(data))


def inquiries(running: Simulator) -> list[Call]:
    """The balance inquiries that the simulator got."""
    return [call for call in running.calls if call.path == PATH]


def token_calls(running: Simulator) -> list[Call]:
    """The requests for a token that the simulator got."""
    return [call for call in running.calls if call.path.endswith("tokenP")]


__all__ = [
    "QUICK",
    "Environment",
    "Limits",
    "Simulator",
    "account_of",
    "broker_for",
    "demo_account",
    "inquiries",
    "read_token",
    "simulated",
    "token_calls",
    "write_token",
]
