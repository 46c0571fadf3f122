"""A fetch as the commands make it: with progress, and kept, so that Excel and the history have it too."""

from __future__ import annotations

from collections.abc import Mapping

import click

from kis_xl.accounts import Account
from kis_xl.broker import Broker
from kis_xl.cli.progress import page_progress
from kis_xl.models import Balance
from kis_xl.settings import Settings
from kis_xl.snapshots import Key, Snapshots


def fetch(settings: Settings, account: Account, parameters: Mapping[str, str]) -> Balance:
    """The balance of `account`. Where it cannot be stored, a warning says so: what was fetched is still good."""
    with Broker(account, settings.folder, settings.policy) as broker, page_progress(account.name) as progress:
        balance = broker.balance(parameters, progress)
    unsaved = Snapshots(settings.folder, settings.policy).keep(Key.of(account, parameters), balance)
    if unsaved is not None:
        click.echo(f"warning: {unsaved.message()}", err=True)
    return balance
