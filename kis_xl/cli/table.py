"""The account as a table on a terminal of any width: a number is shown whole or not at all."""

from __future__ import annotations

import sys
from typing import Any, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Holding, Kind, by_key
from kis_xl.language import Text
from kis_xl.models import Balance

_SHOWN = ("pdno", "prdt_name", "trad_dvsn_name", "hldg_qty", "pchs_avg_pric", "prpr", "evlu_amt", "evlu_pfls_amt", "evlu_pfls_rt")
_DROPPED_FIRST = ("pchs_avg_pric", "prpr", "evlu_pfls_rt", "trad_dvsn_name", "evlu_pfls_amt", "hldg_qty")
_CUT = {"prdt_name"}
_SHORTEST_NAME = 5  # Hangul, ten places wide
_BETWEEN_COLUMNS = 3
_TOTALS = ("tot_evlu_amt", "nass_amt", "dnca_tot_amt", "prvs_rcdl_excc_amt", "pchs_amt_smtl_amt", "evlu_pfls_smtl_amt", "asst_icdc_amt")
_NO_WIDTH = 1_000


def show_table(fetched: Balance, rows: tuple[Holding, ...]) -> None:
    """Show `rows` (the holdings, or the by-stock view) and the account's totals on standard output."""
    # a file or a pipe has no width: nothing is cut
    console = Console() if sys.stdout.isatty() else Console(width=_NO_WIDTH, no_color=True)
    caption = fetched.environment.caption.in_() + ("" if fetched.from_kis else f", {escape(fetched.host)}")
    console.print(
        f"[bold]{escape(fetched.name)}[/] {fetched.account.masked} ({caption})  {fetched.as_of:%Y-%m-%d %H:%M:%S} KST", highlight=False
    )
    columns = by_key(HOLDING_FIELDS)
    table = Table(header_style="bold", show_edge=False)
    shown = _fitting(rows, console.width)
    for key, width in shown.items():
        field = columns[key]
        align: Literal["left", "right"] = "left" if field.kind.python_type is str else "right"
        table.add_column(field.caption.in_(), justify=align, no_wrap=field.kind is Kind.TEXT, width=width)
    for row in rows:
        table.add_row(*[_markup(columns[key], getattr(row, key)) for key in shown])
    console.print(table)
    left_out = ", ".join(columns[key].caption.in_() for key in _SHOWN if key not in shown)
    if left_out:
        console.print(f"[dim]({Text('창이 좁아 뺀 열', 'left out for want of room').in_()}: {left_out})[/]", highlight=False)
    if fetched.summary is not None:
        totals = Table.grid(padding=(0, 2))
        names = by_key(SUMMARY_FIELDS)
        for key in _TOTALS:
            totals.add_row(names[key].caption.in_(), _markup(names[key], getattr(fetched.summary, key)))
        totals.columns[1].justify = "right"
        console.print()
        console.print(totals)


def _fitting(rows: tuple[Holding, ...], width: int) -> dict[str, int]:
    """The columns that a terminal of this width can show with every number whole, and the width that each needs.

    Where it is narrow, captions break between words, names may be cut, and the least important columns go.
    """
    whole = _needed(rows, whole_captions=True)
    if _table_width(whole) <= width:
        return whole
    broken = _needed(rows, whole_captions=False)
    for key in _DROPPED_FIRST:
        if _table_width(broken) > width:
            del broken[key]
    for key in broken.keys() & _CUT:
        broken[key] = min(whole[key], broken[key] + max(width - _table_width(broken), 0))
    return broken


def _needed(rows: tuple[Holding, ...], *, whole_captions: bool) -> dict[str, int]:
    columns = by_key(HOLDING_FIELDS)
    needed = {}
    for key in _SHOWN:
        caption = columns[key].caption.in_()
        values = [_plain(columns[key], getattr(row, key)) for row in rows]
        if key in _CUT and not whole_captions:  # a name that is cut is still a name; a number would be another number
            values = [value[:_SHORTEST_NAME] for value in values]
        needed[key] = max(cell_len(text) for text in [*([caption] if whole_captions else caption.split()), *values])
    return needed


def _table_width(columns: dict[str, int]) -> int:
    return sum(columns.values()) + _BETWEEN_COLUMNS * len(columns)


def _plain(field: Field, value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.2f}%" if field.kind is Kind.PERCENT else f"{value:,.2f}" if field.kind is Kind.UNIT_PRICE else f"{value:,}"


def _markup(field: Field, value: Any) -> str:
    shown = escape(_plain(field, value))
    if field.signed and value:
        return f"[red]{shown}[/]" if value > 0 else f"[blue]{shown}[/]"
    return shown
