"""`kis-xl workbook`: the Excel workbook, for this machine."""

from __future__ import annotations

from pathlib import Path

import click

from kis_xl.cli.options import language_option
from kis_xl.excel.personal import FILE_NAME, personal_workbook, shared_workbook, write_workbook
from kis_xl.language import Language, Text
from kis_xl.settings import Settings


@click.command(
    help=Text(
        f"이 컴퓨터의 Python에 맞춘 Excel 통합 문서({FILE_NAME})를 만들고 그 경로를 보여 줍니다.",
        f"Make the Excel workbook ({FILE_NAME}) for this machine's Python and print its path.",
    ).in_()
)
@click.argument("path", required=False, metavar=Text("[경로]", "[PATH]").in_())
@language_option(Text("통합 문서의 언어", "the workbook's language"))
@click.option(
    "--legacy",
    is_flag=True,
    help=Text("동적 배열이 없는 Excel(2016, 2019)용", "for Excel without dynamic arrays (2016, 2019)").in_(),
)
@click.option("--force", is_flag=True, help=Text("이미 있는 파일을 바꿉니다", "replace a file that is there").in_())
@click.option(
    "--shared",
    is_flag=True,
    help=Text("xlwings 추가 기능과 함께 쓰는 공용 통합 문서", "the one for all machines, used with the xlwings add-in").in_(),
)
def workbook(path: str | None, language: str | None, *, legacy: bool, force: bool, shared: bool) -> None:
    """Write one workbook."""
    chosen: Language = "en" if (language or Settings.load().language) == "en" else "ko"
    data = shared_workbook("en" if language == "en" else "ko", legacy=legacy) if shared else personal_workbook(chosen, legacy=legacy)
    click.echo(write_workbook(data, Path(path or FILE_NAME).expanduser(), replace=force))
