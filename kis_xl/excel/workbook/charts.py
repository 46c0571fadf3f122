"""The dashboard's charts: what the assets are made of, and what each of the largest holdings gained or lost."""

from __future__ import annotations

from typing import Final

from kis_xl.excel.workbook.book import Book, Chart
from kis_xl.excel.workbook.edition import Page
from kis_xl.excel.workbook.headline import FIRST
from kis_xl.excel.workbook.styles import DOWN, HAIR, INK, LINE, NAVY, SLICES, UP
from kis_xl.language import Text

#: How many holdings the dashboard shows by themselves.
TOP: Final = 10
_ALLOCATION_HEIGHT: Final = 262
_PROFITS_HEIGHT: Final = 326
#: Amounts in millions where they are that large; only two conditions fit into a format.
_SHORT: Final = Text('[>=1000000]#,##0,,"백만";[<=-1000000]-#,##0,,"백만";#,##0', '[>=1000000]#,##0,,"M";[<=-1000000]-#,##0,,"M";#,##0')


def write_charts(book: Book, first_row: int) -> None:
    """Both charts, beside a table whose holdings begin in `first_row` and are followed by the others and the deposit.

    What they show stands in columns of its own: no text where a chart wants a number, and no negative slice.
    """
    sheet = book.sheet(Page.DASHBOARD)
    for place in range(TOP + 2):
        row, at = first_row + place, FIRST + place
        sheet.write_formula(f"Y{at}", f"=IF(ISNUMBER(F{row}),MAX(0,F{row}),0)", None, 0)
        if place < TOP:
            sheet.write_formula(f"Z{at}", f"=IF(ISNUMBER(H{row}),MAX(0,H{row}),0)", None, 0)
            sheet.write_formula(f"AA{at}", f"=IF(ISNUMBER(H{row}),MIN(0,H{row}),0)", None, 0)
    sheet.insert_chart("K7", _allocation(book, first_row), {"object_position": 2})
    sheet.insert_chart("K7", _profits(book, first_row), {"object_position": 2, "y_offset": _ALLOCATION_HEIGHT + 8})


def _frame(chart: Chart, title: str, height: int) -> None:
    chart.set_title({"name": title, "name_font": {"name": "맑은 고딕", "size": 11, "bold": True, "color": NAVY}, "overlay": False})
    chart.set_chartarea({"border": {"color": LINE}, "fill": {"color": "#FFFFFF"}})
    chart.set_size({"width": 412, "height": height})
    chart.set_legend({"none": True})
    chart.show_hidden_data()


def _allocation(book: Book, first_row: int) -> Chart:
    chart = book.chart("doughnut")
    chart.add_series(
        {
            "name": book.say(Text("자산 구성", "Allocation")),
            "categories": f"={book.at(Page.DASHBOARD, f'$C${first_row}:$C${first_row + TOP + 1}')}",
            "values": f"={book.at(Page.DASHBOARD, f'$Y${FIRST}:$Y${FIRST + TOP + 1}')}",
            "points": [{"fill": {"color": colour}, "border": {"color": "#FFFFFF", "width": 1}} for colour in SLICES],
        }
    )
    chart.set_hole_size(58)
    _frame(chart, book.say(Text("자산 구성", "Allocation")), _ALLOCATION_HEIGHT)
    return chart


def _profits(book: Book, first_row: int) -> Chart:
    chart = book.chart("bar")
    font = {"name": "맑은 고딕", "size": 8, "color": INK}
    for caption, column, colour in ((Text("이익", "Gain"), "Z", UP), (Text("손실", "Loss"), "AA", DOWN)):
        chart.add_series(
            {
                "name": book.say(caption),
                "categories": f"={book.at(Page.DASHBOARD, f'$C${first_row}:$C${first_row + TOP - 1}')}",
                "values": f"={book.at(Page.DASHBOARD, f'${column}${FIRST}:${column}${FIRST + TOP - 1}')}",
                "fill": {"color": colour},
                "gap": 45,
                "overlap": 100,
            }
        )
    chart.set_y_axis({"reverse": True, "label_position": "low", "num_font": font, "line": {"color": LINE}, "major_tick_mark": "none"})
    grid = {"visible": True, "line": {"color": HAIR}}
    chart.set_x_axis({"num_format": book.say(_SHORT), "num_font": font, "line": {"none": True}, "major_gridlines": grid})
    _frame(chart, book.say(Text("종목별 평가손익 (원)", "Profit or loss by holding (KRW)")), _PROFITS_HEIGHT)
    return chart
