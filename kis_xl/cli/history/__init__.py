"""`kis-xl history`: the stored balances, listed, shown, looked back on, exported, read back from reports, and removed.

whose      which account is meant, also one that is set up no more
listing, showing, yearly, exporting, importing, pruning   a command each
tidy       the two tables of an export
files      how they become .csv, .xlsx or .parquet
"""

from __future__ import annotations

from importlib import import_module

import click

from kis_xl.cli.group import CommandGroup
from kis_xl.language import Text

_ABOUT = {
    "list": Text("저장된 날과 빠진 거래일을 보여 줍니다", "show the stored days, and the trading days that are missing"),
    "show": Text("그날 저장된 잔고를 보여 줍니다", "show the balance that was stored on a day"),
    "year": Text("한 해: 월별 순자산과 종목별 기여", "a year: net assets by month, contribution per stock"),
    "export": Text("이력을 csv, xlsx, parquet 파일로 내보냅니다", "write the history as csv, xlsx or parquet"),
    "import": Text("보고서 파일(.xlsx)을 이력에 저장합니다", "store what report files (.xlsx) hold"),
    "prune": Text("오래된 이력을 지웁니다", "remove what is old"),
}
#: The module of each command; it holds the function `command`. (`import` and `list` are no names for one.)
_MODULES = {
    "list": "listing",
    "show": "showing",
    "year": "yearly",
    "export": "exporting",
    "import": "importing",
    "prune": "pruning",
}


class _Group(CommandGroup):
    """Loads the module of a command when it is called."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded; None for one that there is not."""
        if cmd_name in _MODULES and cmd_name not in self.commands:
            self.add_command(import_module(f"{__name__}.{_MODULES[cmd_name]}").command, cmd_name)
        return super().get_command(ctx, cmd_name)


history = _Group(
    "history",
    __name__,
    _ABOUT,
    Text(
        "저장된 잔고 이력. 조회할 때마다 저장되고, 날마다 마지막 것이 남습니다.",
        "The stored balances. Each fetch is stored, and the last one of each day is kept.",
    ),
)
