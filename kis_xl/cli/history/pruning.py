"""`kis-xl history prune`: removing what is old, after saying what that is and asking."""

from __future__ import annotations

from datetime import date

import click

from kis_xl import kst
from kis_xl.cli.asking import agree, on_terminal
from kis_xl.cli.history.whose import Whose, account_option, day_option, opened, query_option
from kis_xl.errors import ArgumentError, KisError
from kis_xl.history import KEEP_DAYS, History, Pruned, Rule
from kis_xl.language import Text
from kis_xl.settings import Settings

_MEGABYTE = 1e6


@click.command(
    "prune",
    help=Text(
        f"지난 날의 마지막 조회만 남기고 지웁니다. 저절로도 {KEEP_DAYS}일이 지나면 조금씩 지워집니다. "
        "--before 와 --on 은 그날들의 마지막 조회까지 지웁니다.",
        f"Remove all but the last fetch of each past day. That is also done little by little after {KEEP_DAYS} days. "
        "--before and --on remove those days altogether.",
    ).in_(),
)
@click.option(
    "--keep-days",
    type=click.IntRange(1, 100_000),
    metavar="N",
    help=Text(f"최근 N일은 모든 조회를 남깁니다 (기본 {KEEP_DAYS})", f"keep every fetch of the last N days (default {KEEP_DAYS})").in_(),
)
@day_option("--before", "before", Text("이 날 전의 모든 것", "everything before this day"))
@day_option("--on", "on", Text("이 날의 모든 것", "everything of this day"))
@account_option()
@query_option()
@click.option("--dry-run", is_flag=True, help=Text("지우지 않고 보여 주기만 합니다", "only say what would go").in_())
@click.option("--yes", is_flag=True, help=Text("묻지 않습니다", "do not ask").in_())
def command(
    keep_days: int | None,
    before: date | None,
    on: date | None,
    account_name: str | None,
    parameters: tuple[str, ...],
    dry_run: bool,
    yes: bool,
) -> None:
    """Prune one account, asked in one way, or all."""
    if sum(each is not None for each in (keep_days, before, on)) > 1:
        raise ArgumentError(
            Text("--keep-days, --before, --on 은 하나만 쓸 수 있습니다.", "--keep-days, --before and --on exclude each other")
        )
    settings = Settings.load()
    with opened(settings) as history:
        whose = Whose.named(account_name, settings, history, parameters) if account_name or parameters else None
        key = None if whose is None else whose.key
        rule = Rule(all_before=before, day=on)
        if before is None and on is None:
            rule = Rule.keeping(keep_days or KEEP_DAYS, kst.now().date())
        going = history.prune(rule, key, dry_run=True)
        if dry_run or not going.fetches:
            click.echo(_told(Text("지울 것", "would go"), going, whose).in_())
        elif yes or _agreed(going, whose):
            _prune(history, rule, whose)


def _agreed(going: Pruned, whose: Whose | None) -> bool:
    if not on_terminal():
        raise ArgumentError(
            Text("물어볼 터미널이 없습니다.", "there is no terminal to ask at"), Text("--yes 를 붙이세요.", "Add --yes to do it unasked.")
        )
    told = _told(Text("지울 것", "To go"), going, whose)
    return agree(Text(f"{told.ko}. 지울까요?", f"{told.en}. Remove them?"), default=False)


def _prune(history: History, rule: Rule, whose: Whose | None) -> None:
    size = history.size()
    done = history.prune(rule, None if whose is None else whose.key)
    click.echo(_told(Text("지웠습니다", "removed"), done, whose).in_())
    try:
        history.compact()
    except KisError as error:  # what is removed is removed; the room is used again by and by
        click.echo(f"warning: {error.message()}", err=True)
    now = history.size()
    click.echo(Text(f"크기: {_size(size)} → {_size(now)}", f"size: {_size(size)} → {_size(now)}").in_())


def _told(what: Text, pruned: Pruned, whose: Whose | None) -> Text:
    of = Text("모든 계좌", "all accounts") if whose is None else whose.caption
    return Text(
        f"{what.ko}: {of.ko}, 조회 {pruned.fetches:,}건, 그중 통째로 없어지는 날 {pruned.days:,}일",
        f"{what.en}: {of.en}, {pruned.fetches:,} fetches, {pruned.days:,} days altogether",
    )


def _size(size: int) -> str:
    return f"{size / _MEGABYTE:,.1f} MB"
