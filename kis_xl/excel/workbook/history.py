"""The sheet History: the value of each stored day, and a chart of it."""

from __future__ import annotations

from typing import Final

from kis_xl.excel.workbook.book import Book, Chart
from kis_xl.excel.workbook.edition import Macro, Name, Page
from kis_xl.excel.workbook.page import dress, set_up_print, write_buttons, write_title
from kis_xl.excel.workbook.styles import DAY, ENTRY, HAIR, LINE, MUTED, NAVY, NOTE, WON, Look
from kis_xl.excel.workbook.tables import allow_dates, write_or_say
from kis_xl.fields import SUMMARY_FIELDS, Field, Kind, by_key
from kis_xl.language import Text

#: What the list offers; any other field, or CODE:field for one stock, can be typed.
_OFFERED: Final = (
    "tot_evlu_amt", "nass_amt", "evlu_amt_smtl_amt", "pchs_amt_smtl_amt", "evlu_pfls_smtl_amt", "dnca_tot_amt",
    "prvs_rcdl_excc_amt", "asst_icdc_amt",
)  # fmt: skip
LEGACY_DAYS: Final = 2_600  # ten years: a table that is cut would lack the newest days
_HEADER_ROW = 6
_FIRST = _HEADER_ROW + 1
_LAST = _FIRST + 9_999  # forty years of trading days
_POINTS = 250
_FIELDS: Final = (
    Field("date", "일자", "Date", Kind.DATE, None),
    Field("value", "값", "Value", Kind.WON, None),
)


def write_history(book: Book) -> None:
    """The two inputs, the table and the chart."""
    page, sheet = Page.HISTORY, book.sheet(Page.HISTORY)
    sheet.set_column("A:A", 16, book.style(num_format=DAY, align="center"))
    sheet.set_column("B:B", 24, book.style(num_format=WON, align="right"))
    sheet.set_column("C:C", 3)
    sheet.set_column("D:N", 10)
    sheet.set_column("Q:S", 14, None, {"level": 1, "hidden": True})
    sheet.set_column("T:T", 9, None, {"collapsed": True})
    write_title(book, page)
    write_buttons(book, page, "D1", Macro.REFRESH, Macro.EXPORT, Macro.COPY_VALUES)
    _write_inputs(book)
    dress(book, page, "A:B", _HEADER_ROW)
    sheet.set_row(_HEADER_ROW - 1, 24)
    none = Text("저장된 날이 없습니다. 조회한 날마다 한 줄씩 쌓입니다.", "No day is stored yet. Each day that is fetched adds a row.")
    call = f'KIS_HISTORY({Name.HISTORY_FIELD.value},{Name.HISTORY_START.value},"",{Name.WHOLE.value})'
    write_or_say(book, page, f"A{_HEADER_ROW}:B{_HEADER_ROW + LEGACY_DAYS}", call, none, _FIELDS)
    _write_points(book)
    sheet.insert_chart(f"D{_HEADER_ROW}", _chart(book), {"object_position": 3})
    sheet.freeze_panes(_HEADER_ROW, 0)
    set_up_print(book, page, header_row=_HEADER_ROW)


def _write_inputs(book: Book) -> None:
    page, sheet = Page.HISTORY, book.sheet(Page.HISTORY)
    captions = [book.say(by_key(SUMMARY_FIELDS)[key].caption) for key in _OFFERED]
    field = Text(
        "총평가금액 같은 항목, 또는 005930:evlu_amt 처럼 종목의 항목", "A field such as Total valuation, or a stock's: 005930:evlu_amt"
    )
    start = Text("첫 날짜. 비우면 처음부터", "The first date. Blank: from the beginning")
    inputs: tuple[tuple[Text, Name, Text, Look], ...] = (
        (Text("항목", "Field"), Name.HISTORY_FIELD, field, {}),
        (Text("시작일", "From"), Name.HISTORY_START, start, {"num_format": DAY}),
    )
    for row, (caption, name, hint, look) in enumerate(inputs, 3):
        sheet.set_row(row - 1, 22)
        sheet.write_string(f"A{row}", book.say(caption), book.style(bold=True))
        sheet.write_blank(f"B{row}", None, book.style(ENTRY, look))
        sheet.write_string(f"D{row}", book.say(hint), book.style(NOTE))
        book.name(name, page, f"$B${row}")
    sheet.write_string("B3", captions[0], book.style(ENTRY))
    sheet.data_validation("B3", {"validate": "list", "source": captions, "show_error": False})
    allow_dates(book, page, "B4")


def _write_points(book: Book) -> None:
    """The chart's points, always as many: a chart's range is fixed, and blank cells in it would become a fall to zero.

    Fewer days than points: each day stands more than once, which changes no line. More days: evenly chosen ones.
    """
    page, sheet = Page.HISTORY, book.sheet(Page.HISTORY)
    sheet.write_formula("Q5", f"=COUNT($A${_FIRST}:$A${_LAST})", None, 0)
    book.name(Name.HISTORY_COUNT, page, "$Q$5")
    count = Name.HISTORY_COUNT.value
    for place in range(_POINTS):
        row = _FIRST + place
        sheet.write_formula(f"Q{row}", f"=IF({count}=0,0,1+ROUND({place}*({count}-1)/{_POINTS - 1},0))", None, 0)
        for column, source, style in (("R", "A", book.style(num_format=DAY)), ("S", "B", book.style(num_format=WON))):
            formula = f"=IF($Q{row}=0,NA(),INDEX(${source}${_FIRST}:${source}${_LAST},$Q{row}))"
            sheet.write_formula(f"{column}{row}", formula, style, "#N/A")


def _chart(book: Book) -> Chart:
    """A line over dates, its newest value marked: also a single day shows."""
    chart = book.chart("scatter", subtype="straight")
    font = {"name": "맑은 고딕", "size": 9, "color": MUTED}
    last = _FIRST + _POINTS - 1
    title = f"={book.at(Page.HISTORY, '$B$3')}"
    series: tuple[tuple[str, int, Look, Look], ...] = (
        (title, _FIRST, {"color": NAVY, "width": 2}, {"type": "none"}),
        (book.say(Text("마지막", "Last")), last, {"none": True}, {"type": "circle", "size": 7, "fill": {"color": NAVY}}),
    )
    for name, first, line, marker in series:
        chart.add_series(
            {
                "name": name,
                "categories": f"={book.at(Page.HISTORY, f'$R${first}:$R${last}')}",
                "values": f"={book.at(Page.HISTORY, f'$S${first}:$S${last}')}",
                "categories_data": [None] * (last - first + 1),  # numbers to come; XlsxWriter would cache #N/A as text
                "values_data": [None] * (last - first + 1),
                "line": line,
                "marker": marker,
            }
        )
    chart.set_title({"name": title, "name_font": {"name": "맑은 고딕", "size": 11, "bold": True, "color": NAVY}})
    grid = {"visible": True, "line": {"color": HAIR}}
    chart.set_x_axis({"num_format": DAY, "num_font": font, "line": {"color": LINE}, "major_gridlines": {"visible": False}})
    chart.set_y_axis({"num_format": WON, "num_font": font, "line": {"none": True}, "major_gridlines": grid})
    chart.set_chartarea({"border": {"color": LINE}})
    chart.set_legend({"none": True})
    chart.set_size({"width": 800, "height": 380})
    chart.show_hidden_data()
    return chart
