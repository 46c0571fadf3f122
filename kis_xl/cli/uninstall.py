"""`kis-xl uninstall`: what `kis-xl install` has put in place, taken away again."""

from __future__ import annotations

import click

from kis_xl.cli.install import check, show
from kis_xl.installation import uninstall as take_away
from kis_xl.language import Text
from kis_xl.settings import Settings


@click.command(
    help=Text(
        "`install` 이 둔 것을 되돌립니다. 고친 통합 문서, 이력, 보고서, 앱키는 그대로 둡니다.",
        "Undo what `install` has put in place. A workbook that you have changed, history, reports and keys stay.",
    ).in_()
)
@click.option(
    "--delete-workbook", is_flag=True, help=Text("고친 통합 문서도 지웁니다", "delete the workbook even if you have changed it").in_()
)
def uninstall(*, delete_workbook: bool) -> None:
    """Uninstall, a line a step."""
    check(take_away(Settings.load(), delete_workbook=delete_workbook, tell=show))
