"""`kis-xl history import`: what report files hold, stored."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click

from kis_xl import kst
from kis_xl.accounts import Account, AccountNumber
from kis_xl.cli.history.whose import minute, opened
from kis_xl.errors import AccountError, ArgumentError, DataError, KisError, OutputError, reason_of
from kis_xl.history import History, Source, asked
from kis_xl.history.reportfile import read_report
from kis_xl.language import Text
from kis_xl.models import Balance
from kis_xl.redaction import one_line, redact
from kis_xl.settings import Settings

_REFUSED = Text("거절", "refused")
_SKIPPED = Text("지나침", "skipped")
_ENDING = ".xlsx"


@click.command(
    "import",
    help=Text(
        "보고서 파일(KIS_....xlsx)의 잔고를 이력에 저장합니다. 폴더를 주면 그 안의 .xlsx 파일 모두(하위 폴더와 다른 계좌의 것은 빼고). "
        "이미 있는 것은 그대로 둡니다.",
        "Store the balances that report files (KIS_....xlsx) hold; of a folder, all .xlsx files in it, but those of other accounts "
        "and in its subfolders. What is there already stays.",
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
    owner = _Owner(settings.account(account_name), settings)
    codes: list[int] = []
    with opened(settings) as history:
        for path in map(Path, paths):
            try:
                files = _files(path)
            except KisError as error:
                codes.append(_refused(path, error))
                continue
            codes += [_import(history, file, owner, is_named=file == path) for file in files]
    return next(filter(None, codes), 0)


def _import(history: History, path: Path, owner: _Owner, *, is_named: bool) -> int:
    """What `path` holds, stored: named by the user, or found in a folder, where the reports of other accounts lie as well."""
    try:
        balance = read_report(path, owner.account)
    except KisError as error:
        if isinstance(error, AccountError) and not is_named:
            _tell_why(_SKIPPED, path, error)
            return 0
        return _refused(path, error)
    try:
        _tell(_stored(history, path, owner, balance), str(path))
    except KisError as error:
        return _refused(path, error)
    return 0


def _stored(history: History, path: Path, owner: _Owner, balance: Balance) -> Text:
    _check_time(balance)
    owner.check_name(path, balance)
    when = f"{minute(balance.as_of)}  {asked(balance.parameters)}".rstrip()
    if history.store(balance, source=Source.REPORT):
        return Text(f"저장    {when}", f"stored   {when}")
    return Text(f"있음    {when}", f"present  {when}")


def _check_time(balance: Balance) -> None:
    """A day that has not been yet would stay the last one of the history, with whatever is compared with it."""
    if kst.is_ahead(balance.as_of):
        when = minute(balance.as_of)
        raise DataError(
            Text(f"보고서의 조회 시각이 미래입니다: {when}", f"the report is dated in the future: {when}"),
            Text(
                "보고서를 만들 때 컴퓨터의 시계가 틀렸거나, 지금 틀립니다.",
                "The clock was wrong when it was made, or is wrong now.",
            ),
        )


@dataclass(frozen=True)
class _Owner:
    """Whose reports they are said to be."""

    account: Account
    settings: Settings

    def check_name(self, path: Path, balance: Balance) -> None:
        """Where several accounts look alike when their numbers are masked, the name must be the account's, too.

        Otherwise another name is told: the account may have been renamed since, or the report be somebody else's. An account that
        is set up twice is one, which has two names.
        """
        if balance.name == self.account.name or self._alike.get(balance.name) == self.account.number:
            return
        strangers = [name for name, number in self._alike.items() if number != self.account.number]
        if strangers:
            names = ", ".join([self.account.name, *strangers])
            raise AccountError(
                Text("어느 계좌의 보고서인지 알 수 없습니다.", "it cannot be told whose report this is"),
                Text(
                    f"가려진 번호가 같은 계좌: {names}. 보고서의 계좌 이름: {balance.name}",
                    f"Accounts with the same masked number: {names}. The report names {balance.name}",
                ),
            )
        told = Text(
            f"{path}: 보고서의 계좌 이름은 {balance.name} 입니다. 가려진 번호가 같아 {self.account.name} 의 것으로 저장합니다.",
            f"{path}: the report names its account {balance.name}; its masked number is the same, "
            f"so it counts as one of {self.account.name}",
        )
        click.echo(f"warning: {one_line(redact(told.in_()))}", err=True)

    @cached_property
    def _alike(self) -> dict[str, AccountNumber | None]:
        """The other entries with the same masked number and environment, by name; None for one that cannot be opened."""
        ours = (self.account.number.masked, self.account.environment)
        names = [each.name for each in self.settings.listed() if (each.masked, each.environment) == ours and each.name != self.account.name]
        return {name: self._number(name) for name in names}

    def _number(self, name: str) -> AccountNumber | None:
        with suppress(KisError):  # without its keys it may be anybody's
            return self.settings.account(name).number
        return None


def _files(path: Path) -> list[Path]:
    """The file itself, or the reports of a folder. Raises ArgumentError where there is none, OutputError where it cannot be read."""
    trouble = ""
    try:
        if path.is_dir():
            return _of_folder(path)
        if path.exists():
            return [path]
    except OSError as error:
        trouble = reason_of(error)
    if trouble:
        raise OutputError(Text(f"읽을 수 없습니다 ({trouble}).", f"it cannot be read ({trouble})"))
    raise ArgumentError(Text("이런 파일이 없습니다.", "there is no such file"))


def _of_folder(folder: Path) -> list[Path]:
    files = _reports(folder)
    further = ", ".join(each.name for each in sorted(folder.iterdir()) if _holds_reports(each))
    passed_over = Text("하위 폴더는 보지 않습니다.", "Subfolders are not looked into.")
    if further:
        passed_over = Text(f"하위 폴더는 따로 적으세요: {further}", f"Subfolders are not looked into; name them as well: {further}")
    if not files:
        raise ArgumentError(Text("이 폴더에는 보고서(.xlsx)가 없습니다.", "there is no report (.xlsx) in this folder"), passed_over)
    if further:
        click.echo(f"warning: {one_line(redact(f'{folder}: {passed_over.in_()}'))}", err=True)
    return files


def _reports(folder: Path) -> list[Path]:
    """By the ending in any case: Windows writes R.XLSX where it likes. Not Excel's own files of what is open, which begin so."""
    found = (each for each in folder.iterdir() if each.suffix.lower() == _ENDING and not each.name.startswith(("~$", ".")))
    return sorted(each for each in found if each.is_file())


def _holds_reports(path: Path) -> bool:
    try:
        return path.is_dir() and not path.name.startswith(".") and bool(_reports(path))
    except OSError:  # of a folder that is passed over nothing is asked
        return False


def _refused(path: Path, error: KisError) -> int:
    _tell_why(_REFUSED, path, error)
    return error.exit_code


def _tell_why(what: Text, path: Path, error: KisError) -> None:
    told = ". ".join(filter(None, (error.message().rstrip("."), error.hint.in_())))
    _tell(what, f"{path}: {told}")


def _tell(what: Text, detail: str) -> None:
    click.echo(f"{what.in_()}  {one_line(redact(detail))}")
