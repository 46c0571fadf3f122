"""The dashboard: state, totals, the ten largest holdings, and what the assets are made of."""

from __future__ import annotations

from typing import Final

from kis_xl.excel.workbook import headline
from kis_xl.excel.workbook.book import Book
from kis_xl.excel.workbook.charts import TOP, write_charts
from kis_xl.excel.workbook.edition import Macro, Name, Page
from kis_xl.excel.workbook.headline import FIRST, summary
from kis_xl.excel.workbook.page import colour_signs
from kis_xl.excel.workbook.styles import (
    ALARM,
    ALARM_INK,
    HEADER,
    INK,
    MUTED,
    NAVY,
    NOTE,
    PANEL,
    RATE,
    ROW,
    SECTION,
    SIGNED_RATE,
    SIGNED_WON,
    SLICES,
    TITLE,
    UNDER_TITLE,
    WARNING,
    WARNING_INK,
    WON,
    Look,
)
from kis_xl.language import Text

_TITLE = Text("KIS 잔고 대시보드", "KIS Balance Dashboard")
_KEYS: Final = "prdt_name,hldg_qty,prpr,evlu_amt,evlu_pfls_amt,evlu_pfls_rt"
_OPTIONS: Final = f"by=stock; zero=hide; sort=-evlu_amt; top={TOP}"
_HEAD = 15  # the row of the table's captions
_ROW = _HEAD + 1
_OTHERS = _ROW + TOP
_DEPOSIT = _OTHERS + 1
_TOTAL = _DEPOSIT + 1

_WIDTHS: Final = {
    "A:A": 2, "B:B": 3.5, "C:C": 25, "D:D": 12, "E:E": 13.5, "F:F": 18, "G:G": 10, "H:H": 17, "I:I": 11, "J:J": 3, "K:N": 14, "O:O": 2,
}  # fmt: skip

#: Label, numerator, denominator (None for an amount), and whether the sign is coloured; four in a row.
_TILES: Final[tuple[tuple[Text, str, str | None, bool], ...]] = (
    (Text("총평가금액", "Total valuation"), "tot_evlu_amt", None, False),
    (Text("순자산", "Net assets"), "nass_amt", None, False),
    (Text("평가손익", "Profit or loss"), "evlu_pfls_smtl_amt", None, True),
    (Text("수익률", "Return"), "evlu_pfls_smtl_amt", "pchs_amt_smtl_amt", True),
    (Text("매입금액", "Purchase amount"), "pchs_amt_smtl_amt", None, False),
    (Text("예수금", "Deposit"), "dnca_tot_amt", None, False),
    (Text("전일 대비", "Day change"), "asst_icdc_amt", None, True),
    (Text("전일 대비율", "Day change rate"), "asst_icdc_amt", "bfdy_tot_asst_evlu_amt", True),
)
_TILE_COLUMNS: Final = ("BC", "DE", "FG", "HI")
_SUM: Final[Look] = {"bold": True, "top": 1, "top_color": NAVY, "bottom": 1, "bottom_color": NAVY}
_CAPTIONS: Final = (
    Text("", ""),
    Text("종목", "Holding"),
    Text("수량", "Quantity"),
    Text("현재가", "Price"),
    Text("평가금액", "Valuation"),
    Text("비중", "Weight"),
    Text("평가손익", "Profit or loss"),
    Text("수익률", "Return"),
)


def write_dashboard(book: Book) -> None:
    """The whole sheet; `headline` writes its part of the hidden columns."""
    sheet = book.sheet(Page.DASHBOARD)
    for columns, width in _WIDTHS.items():
        sheet.set_column(columns, width)
    sheet.set_column("P:AB", 16, None, {"level": 1, "hidden": True})
    sheet.set_column("AC:AC", 9, None, {"collapsed": True})
    _write_calls(book)
    headline.write_headline(book)
    _write_head(book)
    for place, tile in enumerate(_TILES):
        _write_tile(book, place, *tile)
    _write_table(book)
    write_charts(book, _ROW)
    sheet.ignore_errors({"formula_differs": "A1:AB60"})
    sheet.hide_row_col_headers()
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)
    sheet.print_area(f"A1:O{_TOTAL + 2}")
    sheet.center_horizontally()
    sheet.set_margins(0.4, 0.4, 0.5, 0.5)
    sheet.set_footer(f"&C{book.say(_TITLE)}  &D &T")


def _write_calls(book: Book) -> None:
    """The three calls that everything else on this sheet reads, in hidden columns."""
    book.table(Page.DASHBOARD, headline.STATUS, f"=KIS_STATUS({Name.WHOLE.value})", lambda _row, _column: {})
    book.table(Page.DASHBOARD, headline.SUMMARY, f'=KIS_SUMMARY({Name.WHOLE.value},"",0)', lambda _row, _column: {})
    formula = f'=KIS_HOLDINGS({Name.WHOLE.value},"{_KEYS}",0,"{_OPTIONS}")'
    book.table(Page.DASHBOARD, f"S{FIRST}:X{FIRST + TOP - 1}", formula, lambda _row, _column: {})


def _write_head(book: Book) -> None:
    sheet = book.sheet(Page.DASHBOARD)
    sheet.set_row(0, 9)
    sheet.set_row(1, 33)
    sheet.write_string("B2", book.say(_TITLE), book.style(TITLE, font_size=20))
    sheet.write_formula("B3", "=$AB$6", book.style(UNDER_TITLE), "")
    sheet.set_row(3, 6)
    sheet.set_row(4, 27)
    look = {"bg_color": PANEL, "font_color": MUTED, "indent": 1, "shrink": True}
    sheet.merge_range("B5:N5", "", book.style(look))
    sheet.write_formula("B5", f"={headline.BANNER}", book.style(look), book.say(headline.UNCOMPUTED))
    for level, colours in ((2, (ALARM, ALARM_INK)), (1, (WARNING, WARNING_INK))):
        rule = book.rule(bg_color=colours[0], font_color=colours[1])
        sheet.conditional_format("B5:N5", {"type": "formula", "criteria": f"={headline.LEVEL}={level}", "format": rule})
    for row in (5, 8, 11, 12):
        sheet.set_row(row, 9)
    for place, macro in enumerate((Macro.REFRESH, Macro.EXPORT, Macro.COPY_VALUES)):
        book.button(Page.DASHBOARD, "K2", macro, width=130, x=142 * place, y=8)


def _write_tile(book: Book, place: int, label: Text, key: str, over: str | None, signed: bool) -> None:
    """A label and a large figure. What cannot be computed is a dash: the banner says why."""
    sheet = book.sheet(Page.DASHBOARD)
    row = 7 + 3 * (place // len(_TILE_COLUMNS))
    left, right = _TILE_COLUMNS[place % len(_TILE_COLUMNS)]
    edge: Look = {"bg_color": PANEL, "left": 5, "left_color": NAVY, "indent": 1, "align": "left"}
    sheet.set_row(row - 1, 21)
    sheet.set_row(row, 30)
    sheet.merge_range(f"{left}{row}:{right}{row}", book.say(label), book.style(edge, font_color=MUTED, valign="bottom"))
    numbers = (SIGNED_WON if signed else WON) if over is None else SIGNED_RATE
    figure = book.style(edge, font_size=16, bold=True, num_format=numbers, shrink=True)
    formula = _value(key) if over is None else _ratio(summary(key), summary(over))
    area = f"{left}{row + 1}:{right}{row + 1}"
    sheet.merge_range(area, "", figure)
    sheet.write_formula(f"{left}{row + 1}", formula, figure, "–")
    if signed:
        colour_signs(book, Page.DASHBOARD, area)


def _write_table(book: Book) -> None:
    sheet = book.sheet(Page.DASHBOARD)
    sheet.merge_range(f"B{_HEAD - 1}:I{_HEAD - 1}", book.say(Text("보유 상위 10종목", "Ten largest holdings")), book.style(SECTION))
    sheet.set_row(_HEAD - 2, 24)
    sheet.set_row(_HEAD - 1, 22)
    for column, caption in zip("BCDEFGHI", _CAPTIONS, strict=True):
        sheet.write_string(f"{column}{_HEAD}", book.say(caption), book.style(HEADER))
    for place in range(TOP):
        sheet.set_row(_ROW + place - 1, 21)
        _write_holding(book, place)
    _write_rest(book)
    colour_signs(book, Page.DASHBOARD, f"H{_ROW}:I{_TOTAL}")
    sheet.set_row(_TOTAL, 6)
    note = Text(
        "비중은 총평가금액에 대한 비율입니다. 표의 색은 오른쪽 도넛 차트의 색과 같습니다.",
        "Weights are parts of the total valuation. The colours of the table are those of the doughnut chart.",
    )
    sheet.write_string(f"B{_TOTAL + 2}", book.say(note), book.style(NOTE))


def _write_holding(book: Book, place: int) -> None:
    """One row. The first one shows a dash where there is nothing, the others stay blank."""
    sheet = book.sheet(Page.DASHBOARD)
    row, source = _ROW + place, FIRST + place
    nothing = "–" if place == 0 else ""
    name = f'=IF(ISTEXT(S{source}),IF(S{source}="","{nothing}",S{source}),"{nothing}")'
    sheet.write_formula(f"B{row}", f'=IF(ISNUMBER(V{source}),"■","")', book.style(ROW, font_color=SLICES[place], align="center"), "")
    sheet.write_formula(f"C{row}", name, book.style(ROW, shrink=True), nothing)
    for column, of, numbers in (("D", "T", WON), ("E", "U", WON), ("F", "V", WON), ("H", "W", SIGNED_WON), ("I", "X", SIGNED_RATE)):
        style = book.style(ROW, num_format=numbers, align="right", indent=1, shrink=True)
        sheet.write_formula(f"{column}{row}", f'=IF(ISNUMBER({of}{source}),{of}{source},"{nothing}")', style, nothing)
    sheet.write_formula(f"G{row}", _weight(row, nothing), book.style(ROW, num_format=RATE, align="right", indent=1), nothing)


def _weight(row: int, nothing: str = "–") -> str:
    return _ratio(f"F{row}", summary("tot_evlu_amt"), nothing)


def _write_rest(book: Book) -> None:
    """The other holdings, the deposit and the total, so that the weights add up to the whole."""
    sheet = book.sheet(Page.DASHBOARD)
    others = _less("scts_evlu_amt", f"F{_ROW}:F{_OTHERS - 1}")
    others_profit = _less("evlu_pfls_smtl_amt", f"H{_ROW}:H{_OTHERS - 1}")
    rows: tuple[tuple[int, Text, str, str, int | None], ...] = (
        (_OTHERS, Text("그 밖의 종목", "Other holdings"), others, others_profit, 10),
        (_DEPOSIT, Text("예수금 (D+2)", "Deposit (D+2)"), _value("prvs_rcdl_excc_amt"), "", 11),
        (_TOTAL, Text("합계", "Total"), _value("tot_evlu_amt"), _value("evlu_pfls_smtl_amt"), None),
    )  # fmt: skip
    for row, caption, valuation, profit, slice_ in rows:
        sheet.set_row(row - 1, 21)
        line = ROW if slice_ is not None else _SUM
        mark = {"font_color": SLICES[slice_] if slice_ is not None else INK, "align": "center"}
        sheet.write_string(f"B{row}", "■" if slice_ is not None else "", book.style(line, mark))
        sheet.write_string(f"C{row}", book.say(caption), book.style(line))
        sheet.write_blank(f"D{row}", None, book.style(line))
        sheet.write_blank(f"E{row}", None, book.style(line))
        sheet.write_formula(f"F{row}", valuation, book.style(line, num_format=WON, align="right", indent=1, shrink=True), "–")
        sheet.write_formula(f"G{row}", _weight(row), book.style(line, num_format=RATE, align="right", indent=1), "–")
        amount = book.style(line, num_format=SIGNED_WON, align="right", indent=1, shrink=True)
        if profit:
            sheet.write_formula(f"H{row}", profit, amount, "–")
        else:
            sheet.write_blank(f"H{row}", None, amount)
        sheet.write_blank(f"I{row}", None, book.style(line))
    rate = _ratio(f"H{_TOTAL}", summary("pchs_amt_smtl_amt"))
    sheet.write_formula(f"I{_TOTAL}", rate, book.style(_SUM, num_format=SIGNED_RATE, align="right", indent=1), "–")


def _value(key: str) -> str:
    return f'=IF(ISNUMBER({summary(key)}),{summary(key)},"–")'


def _ratio(part: str, whole: str, nothing: str = "–") -> str:
    return f'=IF(AND(ISNUMBER({part}),ISNUMBER({whole})),IF({whole}=0,"{nothing}",{part}/{whole}),"{nothing}")'


def _less(key: str, area: str) -> str:
    """A total less what the rows above already show; a dash while either is missing."""
    return f'=IF(AND(ISNUMBER({summary(key)}),COUNT({area})>0),{summary(key)}-SUM({area}),"–")'
