"""A fetch as the commands make it: with progress, and kept, so that Excel and the history have it too."""

from __future__ import annotations

from collections.abc import Mapping

import click

from kis_xl.accounts import Account
from kis_xl.broker import Broker
from kis_xl.cli.progress import page_progress
from kis_xl.logs import log_to
from kis_xl.models import Balance
from kis_xl.redaction import get_logger
from kis_xl.settings import Settings
from kis_xl.snapshots import Key, Snapshots

_log = get_logger(__name__)


def fetch(settings: Settings, account: Account, parameters: Mapping[str, str]) -> Balance:
    """The balance of `account`. Where it cannot be stored, a warning says so: what was fetched is still good."""
    log_to(settings.folder)
    with Broker(account, settings.folder, settings.policy) as broker, page_progress(account.name) as progress:
        balance = broker.balance(parameters, progress)
    _log.info("%s: %d rows on %d pages in %.1f s", account.name, len(balance.holdings), balance.pages, balance.seconds)
    unsaved = Snapshots(settings.folder, settings.policy).keep(Key.of(account, parameters), balance)
    if unsaved is not None:
        click.echo(f"warning: {unsaved.message()}", err=True)
    return balance
