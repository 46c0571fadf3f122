"""`kis-xl demo`: the main job with no account, against the built-in simulator over HTTP."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import click

from kis_xl.accounts import Account, AccountNumber
from kis_xl.broker import Broker
from kis_xl.cli.options import language_option, output_option, parameter_option, read_parameters
from kis_xl.cli.progress import page_progress
from kis_xl.cli.reporting import Place, write
from kis_xl.datafolder import DataFolder
from kis_xl.fields import Environment
from kis_xl.language import Text
from kis_xl.redaction import Secret
from kis_xl.report.past import DEMO_PAST
from kis_xl.settings import Settings
from kis_xl.simulator import Limits, Simulator, demo_account

MOST_ROWS = 100_000


@click.command(
    help=Text(
        "계좌 없이 체험합니다: 시뮬레이터를 켜고 잔고를 모두 읽어 보고서를 만듭니다.",
        "Try it with no account: start the simulator, page through a whole account, write the report.",
    ).in_()
)
@output_option()
@click.option(
    "--rows", type=click.IntRange(0, MOST_ROWS), default=120, show_default=True, help=Text("보유종목 행의 수", "how many holdings").in_()
)
@language_option()
@parameter_option()
def demo(output: str | None, rows: int, language: str | None, parameters: tuple[str, ...]) -> None:
    """Run the demonstration."""
    settings = Settings.load()
    place = Place.read(output, settings)
    chosen = read_parameters(parameters)
    simulated = demo_account(Environment.REAL, rows=rows)
    # the simulator's life is the command's, so its token and call counter need not outlive it either; and with
    # nobody to share a limit with, waiting for one would only show that waiting works
    with Simulator(accounts=[simulated], limits=Limits.off()) as simulator, tempfile.TemporaryDirectory(prefix="kis_xl_demo_") as folder:
        account = Account(
            name="demo",
            number=AccountNumber.parse(simulated.number),
            appkey=Secret(simulated.appkey),
            appsecret=Secret(simulated.appsecret),
            base_url=simulator.url(Environment.REAL),
            parameters=settings.parameters(),
        )
        policy = replace(settings.policy, limited=False)
        with Broker(account, DataFolder(Path(folder)), policy) as broker, page_progress("demo") as progress:
            balance = broker.balance(chosen, progress)
    click.echo(write(balance, place, language, settings, DEMO_PAST, settings.parameters()))
