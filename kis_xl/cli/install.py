"""`kis-xl install`: everything that Excel needs on this machine."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from kis_xl.cli.asking import agree, on_terminal
from kis_xl.errors import OutputError
from kis_xl.installation import Outcome, Wishes
from kis_xl.installation import install as put_in_place
from kis_xl.language import Text
from kis_xl.settings import Settings


@click.command(
    help=Text(
        "Excel에 필요한 것을 준비합니다: 점검, 통합 문서, 바로 가기, 신뢰할 수 있는 위치(동의할 때만). `uninstall` 이 모두 되돌립니다.",
        "Put in place what Excel needs here: checks, the workbook, a shortcut, a trusted location if you agree. `uninstall` undoes it all.",
    ).in_()
)
@click.option(
    "--folder",
    metavar="DIR",
    help=Text("통합 문서를 둘 폴더 (기본: 문서의 KIS)", "the workbook's folder (default: KIS in Documents)").in_(),
)
@click.option(
    "--trust/--no-trust",
    default=None,
    help=Text(
        "그 폴더를 Excel의 신뢰할 수 있는 위치로 등록 (기본: 물어봄)", "make that folder a trusted location of Excel (default: ask)"
    ).in_(),
)
@click.option("--shortcut/--no-shortcut", default=True, help=Text("바탕 화면의 바로 가기", "a shortcut on the desktop").in_())
@click.option(
    "--refresh-on-open/--no-refresh-on-open",
    default=None,
    help=Text("통합 문서를 열 때 새로고침 (기본: 켬)", "refresh when the workbook opens (default: on)").in_(),
)
@click.option(
    "--legacy/--no-legacy",
    default=None,
    help=Text(
        "동적 배열이 없는 Excel용 (기본: 설치된 Excel에 따름)", "for Excel without dynamic arrays (default: as Excel here needs)"
    ).in_(),
)
@click.option("--force", is_flag=True, help=Text("고친 통합 문서도 바꿉니다", "replace a workbook that you have changed").in_())
def install(
    folder: str | None, *, trust: bool | None, shortcut: bool, refresh_on_open: bool | None, legacy: bool | None, force: bool
) -> None:
    """Install, a line a step."""
    wishes = Wishes(Path(folder) if folder else None, shortcut, trust, refresh_on_open, legacy, force)
    ask = partial(agree, default=False) if on_terminal() else None
    check(put_in_place(Settings.load(), wishes, tell=show, ask=ask))


def show(outcome: Outcome) -> None:
    """One step, in one line."""
    click.echo(outcome.line())


def check(outcomes: list[Outcome]) -> None:
    """Raise OutputError where a step has failed: the lines above say which, and why."""
    failed = [outcome.name for outcome in outcomes if outcome.state == "failed"]
    if failed:
        names = ", ".join(failed)
        raise OutputError(
            Text(f"끝내지 못한 단계가 있습니다: {names}", f"not all steps were done: {names}"),
            Text("위에 적힌 대로 고치고 다시 실행하세요.", "Mend what is said above and run it again: what is done stays."),
        )
