"""`kis-xl history import`: what report files hold, stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from kis_xl.accounts import Account
from kis_xl.cli.history.whose import minute, opened
from kis_xl.errors import AccountError, ArgumentError, KisError
from kis_xl.history import History, Source, asked
from kis_xl.history.reportfile import read_report
from kis_xl.language import Text
from kis_xl.models import Balance
from kis_xl.redaction import one_line, redact
from kis_xl.settings import Settings


@click.command(
    "import",
    help=Text(
        "보고서 파일(KIS_....xlsx)의 잔고를 이력에 저장합니다. 폴더를 주면 그 안의 .xlsx 파일 모두. 이미 있는 것은 그대로 둡니다.",
        "Store the balances that report files (KIS_....xlsx) hold; of a folder, all .xlsx files in it. What is there already stays.",
    ).in_(),
)
@click.argument("paths", metavar=Text("파일|폴더...", "PATH...").in_(), nargs=-1, required=True)
@click.option(
    "--account",
    "account_name",
    metavar="NAME",
    required=True,
    help=Text("누구의 보고서인지. 보고서에는 가려진 번호만 있습니다", "whose reports they are: a report holds a masked number only").in_(),
)
def command(paths: tuple[str, ...], account_name: str) -> int:
    """Import each file by itself, and say what became of it; the exit code of the first that was refused."""
    settings = Settings.load()
    account = settings.account(account_name)
    failed = 0
    with opened(settings) as history:
        for path in _files(paths):
            try:
                _tell(_stored(history, path, account, settings), str(path))
            except KisError as error:
                told = ". ".join(filter(None, (error.message().rstrip("."), error.hint.in_())))
                _tell(Text("거절", "refused"), f"{path}: {told}")
                failed = failed or error.exit_code
    return failed


def _stored(history: History, path: Path, account: Account, settings: Settings) -> Text:
    balance = read_report(path, account)
    _check_name(path, balance, account, settings)
    when = f"{minute(balance.as_of)}  {asked(balance.parameters)}".rstrip()
    if history.store(balance, source=Source.REPORT):
        return Text(f"저장    {when}", f"stored   {when}")
    return Text(f"있음    {when}", f"present  {when}")


def _check_name(path: Path, balance: Balance, account: Account, settings: Settings) -> None:
    """Where several accounts look alike when their numbers are masked, the name must be the account's, too.

    Otherwise another name is told: the account may have been renamed since, or the report be somebody else's.
    """
    if balance.name == account.name:
        return
    alike = [each for each in settings.listed() if (each.masked, each.environment) == (account.number.masked, account.environment)]
    if len(alike) > 1:
        names = ", ".join(each.name for each in alike)
        raise AccountError(
            Text("어느 계좌의 보고서인지 알 수 없습니다.", "it cannot be told whose report this is"),
            Text(
                f"가려진 번호가 같은 계좌: {names}. 보고서의 계좌 이름: {balance.name}",
                f"Accounts with the same masked number: {names}. The report names {balance.name}",
            ),
        )
    told = Text(
        f"{path}: 보고서의 계좌 이름은 {balance.name} 입니다. 가려진 번호가 같아 {account.name} 의 것으로 저장합니다.",
        f"{path}: the report names its account {balance.name}; its masked number is the same, so it counts as one of {account.name}",
    )
    click.echo(f"warning: {one_line(redact(told.in_()))}", err=True)


def _files(paths: tuple[str, ...]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            # Excel's own files of what is open begin so
            yield from sorted(each for each in path.glob("*.xlsx") if not each.name.startswith(("~$", ".")) and each.is_file())
        elif path.exists():
            yield path
        else:
            raise ArgumentError(Text(f"파일이 없습니다: {path}", f"there is no such file: {path}"))


def _tell(what: Text, detail: str) -> None:
    click.echo(f"{what.in_()}  {one_line(redact(detail))}")
