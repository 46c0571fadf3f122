"""`kis-xl history export`: the stored days as tables for other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kis_xl.cli.history import tidy
from kis_xl.cli.history.files import arrow, written_to
from kis_xl.cli.history.whose import Whose, account_option, no_day, opened, period_options, query_option
from kis_xl.datafolder import in_file_name
from kis_xl.errors import ArgumentError
from kis_xl.history import History
from kis_xl.language import Text
from kis_xl.settings import Settings

_FORMATS: Final = ("csv", "xlsx", "parquet")
_TABLES: Final = (tidy.DAYS, tidy.HOLDINGS)


@click.command(
    "export",
    help=Text(
        "저장된 날들을 두 표로 내보냅니다: 날마다 한 행(계좌 합계)과 종목마다 한 행. csv 와 parquet 은 두 파일이 됩니다.",
        "Write the stored days as two tables: a row a day (the totals) and a row a holding. csv and parquet make two files.",
    ).in_(),
)
@click.argument("target", metavar=Text("파일|폴더", "FILE|DIR").in_())
@click.option(
    "--format",
    "chosen",
    type=click.Choice(_FORMATS),
    help=Text("기본은 파일의 끝(.csv 등)대로, 폴더면 xlsx", "default: by the file's ending; into a folder xlsx").in_(),
)
@period_options()
@account_option()
@query_option()
def command(
    target: str, chosen: str | None, start: date | None, end: date | None, account_name: str | None, parameters: tuple[str, ...]
) -> None:
    """Export one account, asked in one way; the paths, one a line."""
    settings = Settings.load()
    with opened(settings) as history:
        whose = Whose.named(account_name, settings, history, parameters)
        kind, paths = _places(target, chosen, _name(whose, is_chosen=bool(parameters)))
        if kind == "parquet":
            arrow()  # a word about what is missing, before anything is made
        _write(history, whose, (start, end), kind, paths)
    for path in paths.values():
        click.echo(path.absolute())


def _write(history: History, whose: Whose, period: tuple[date | None, date | None], kind: str, paths: dict[str, Path]) -> None:
    number = sum((period[0] or day) <= day <= (period[1] or day) for day in history.days(whose.key))
    if not number:
        raise no_day(history, whose)
    with _day_progress(number) as show_next, written_to(paths, _TABLES, kind) as (days, holdings):
        for stored in history.walk(whose.key, *period):
            days.write(tidy.day_row(stored, whose))
            for row in tidy.holding_rows(stored, whose):
                holdings.write(row)
            show_next()


@contextmanager
def _day_progress(number: int) -> Iterator[Callable[[], None]]:
    """What is called after each of so many days: a terminal sees them pass on standard error. Ten years in a workbook take minutes."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    what = TextColumn(Text("{task.completed:,} / {task.total:,}일", "{task.completed:,} of {task.total:,} days").in_())
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), what, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(Text("내보내는 중", "exporting").in_(), total=number)
        yield lambda: bars.advance(task)


def _name(whose: Whose, *, is_chosen: bool) -> str:
    """What files are called in a folder: another account, or the same one asked in another way, has other files."""
    name = f"{whose.name}_{whose.key.letters}" if whose.name == whose.key.masked else whose.name  # two may look alike when masked
    query = whose.key.query.replace(" ", "_") if is_chosen else ""
    return in_file_name("_".join(part for part in ("KIS_history", name, query) if part))


def _places(target: str, chosen: str | None, name: str) -> tuple[str, dict[str, Path]]:
    """The format, and the file of each table; one file where both are in it. Raises ArgumentError."""
    path = Path(os.path.expanduser(target))  # noqa: PTH111 (somebody who does not exist is a folder of that name)
    ending = path.suffix.lower().removeprefix(".")
    is_file = ending in _FORMATS and not path.is_dir() and not target.endswith(("/", os.sep))
    if is_file and chosen not in (None, ending):
        raise ArgumentError(
            Text(f"파일의 끝(.{ending})과 --format {chosen} 이 다릅니다.", f"the file ends in .{ending}, and --format says {chosen}"),
            Text("하나만 쓰세요.", "Use one of them."),
        )
    if not is_file and path.suffix and not path.is_dir() and not target.endswith(("/", os.sep)):
        raise ArgumentError(
            Text(f"쓸 수 없는 형식입니다: {path.suffix}", f"there is no such format: {path.suffix}"),
            Text(f"파일의 끝: {', '.join(_FORMATS)}. 폴더는 / 로 끝내세요.", f"Endings: {', '.join(_FORMATS)}. End a folder in a slash."),
        )
    kind = ending if is_file else chosen or "xlsx"
    stem = path.with_suffix("") if is_file else path / name
    if kind == "xlsx":
        return kind, {"": stem.with_name(f"{stem.name}.xlsx")}
    return kind, {table.name: stem.with_name(f"{stem.name}_{table.name}.{kind}") for table in _TABLES}
