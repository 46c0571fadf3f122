"""Charts that read from cells. They carry what the cells hold too, since a previewer does not look it up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from openpyxl.chart import BarChart, DoughnutChart, LineChart
from openpyxl.chart.axis import DateAxis
from openpyxl.chart.data_source import AxDataSource, NumData, NumDataSource, NumRef, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import DataPoint, Marker
from openpyxl.chart.series import Series, SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.chart.text import Text as Words
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import CharacterProperties, Font, Paragraph, ParagraphProperties, RegularTextRun, RichTextProperties
from openpyxl.utils import get_column_letter, quote_sheetname

from kis_xl.cells import text
from kis_xl.report.look import DAY, DOWN, FONT_NAME, INK, LINE, NAVY, UP, WHITE, WON
from kis_xl.report.rows import serial

#: Left column, top row, right column, bottom row, from 1; the last ones are not covered any more.
Box = tuple[int, int, int, int]
_LINES: Final = (NAVY, "E3B95B")


def doughnut(sheet: str, first: int, names: Sequence[str], amounts: Sequence[int], colors: Sequence[str], box: Box) -> Any:
    """Parts of a whole, a slice a row from row `first` on: names in the sheet's column C, amounts in F."""
    chart = DoughnutChart(holeSize=58, firstSliceAng=0)
    series = Series(cat=_texts(_area(sheet, 3, first, len(names)), names), val=_numbers(_area(sheet, 6, first, len(amounts)), amounts, WON))
    for place, color in enumerate(colors):
        edge = LineProperties(solidFill=WHITE, w=9525)
        series.data_points.append(DataPoint(idx=place, spPr=GraphicalProperties(solidFill=color, ln=edge)))
    chart.series.append(series)
    chart.legend = None
    # without a layout of its own the ring would leave half of its room empty
    chart.layout = Layout(ManualLayout(xMode="edge", yMode="edge", x=0.06, y=0.04, w=0.88, h=0.92))
    return _placed(chart, box)


def gains_and_losses(
    sheet: str, first: int, names: Sequence[str], amounts: Sequence[Sequence[int | None]], captions: Sequence[str], box: Box
) -> Any:
    """A bar a row, the first row on top: gains (column E) to the right in red, losses (column F) to the left in blue.

    Two series: colours by sign within one are not understood everywhere.
    """
    chart = BarChart(barDir="bar", grouping="stacked", overlap=100, gapWidth=45)
    for column, values, caption, color in zip((5, 6), amounts, captions, (UP, DOWN), strict=True):
        series = Series(
            tx=SeriesLabel(v=caption),
            cat=_texts(_area(sheet, 3, first, len(names)), names),
            val=_numbers(_area(sheet, column, first, len(values)), values, WON),
            spPr=GraphicalProperties(solidFill=color),
            invertIfNegative=False,
        )
        chart.series.append(series)
    chart.legend = None
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.tickLblPos = "low"  # names stand beside the bars, not in them
    _dress(chart.x_axis, None)
    chart.y_axis.delete = True  # the amounts stand beside
    chart.y_axis.majorGridlines = None
    return _placed(chart, box)


def line_chart(sheet: str, title: str, days: Sequence[date], series: Sequence[tuple[str, int, Sequence[int | None]]], box: Box) -> Any:
    """Lines over days, which stand in column A from row 2 on. A series is its name, its column and its values."""
    chart = LineChart()
    words = Paragraph(pPr=ParagraphProperties(defRPr=_letters(1100, bold=True)), r=[RegularTextRun(_letters(1100, bold=True), text(title))])
    chart.title = Title(tx=Words(rich=RichText(bodyPr=RichTextProperties(), p=[words])), overlay=False)
    for (name, column, values), color in zip(series, _LINES, strict=True):
        line = Series(
            tx=SeriesLabel(v=text(name)),
            cat=AxDataSource(numRef=_reference(_area(sheet, 1, 2, len(days)), [serial(day) for day in days], DAY)),
            val=_numbers(_area(sheet, column, 2, len(values)), values, WON),
            spPr=GraphicalProperties(ln=LineProperties(solidFill=color, w=22225)),
            smooth=False,
        )
        line.marker = Marker(symbol="none")
        chart.series.append(line)
    chart.x_axis = DateAxis(crossAx=100)
    chart.x_axis.number_format = "yy-mm-dd"
    chart.x_axis.baseTimeUnit = "days"
    chart.y_axis.crossAx = 500
    chart.legend = Legend(legendPos="b", overlay=False, txPr=_rich(900))
    _dress(chart.x_axis, "yy-mm-dd")
    _dress(chart.y_axis, WON)
    return _placed(chart, box, WHITE)


def _area(sheet: str, column: int, first: int, count: int) -> str:
    letter = get_column_letter(column)
    return f"{quote_sheetname(sheet)}!${letter}${first}:${letter}${first + max(count, 1) - 1}"


def _texts(place: str, names: Sequence[str]) -> AxDataSource:
    points = [StrVal(idx=number, v=text(name)) for number, name in enumerate(names)]
    return AxDataSource(strRef=StrRef(f=place, strCache=StrData(ptCount=len(names), pt=points)))


def _numbers(place: str, values: Sequence[int | Decimal | None], number_format: str) -> NumDataSource:
    return NumDataSource(numRef=_reference(place, values, number_format))


def _reference(place: str, values: Sequence[Any], number_format: str) -> NumRef:
    points = [NumVal(idx=number, v=str(value)) for number, value in enumerate(values) if value is not None]
    return NumRef(f=place, numCache=NumData(formatCode=number_format, ptCount=len(values), pt=points))


def _letters(size: int, *, bold: bool = False) -> CharacterProperties:
    font = Font(typeface=FONT_NAME)
    return CharacterProperties(sz=size, b=bold, solidFill=INK, latin=font, ea=font)


def _rich(size: int) -> RichText:
    return RichText(bodyPr=RichTextProperties(), p=[Paragraph(pPr=ParagraphProperties(defRPr=_letters(size)), endParaRPr=_letters(size))])


def _dress(axis: Any, number_format: str | None) -> None:
    axis.delete = False  # openpyxl says nothing of it, which newer versions of Excel take for yes
    axis.txPr = _rich(800)
    axis.majorTickMark = axis.minorTickMark = "none"
    axis.spPr = GraphicalProperties(ln=LineProperties(solidFill=LINE))
    if number_format is None:
        axis.majorGridlines = None
        return
    axis.number_format = number_format
    if axis.majorGridlines is not None:
        axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=LINE, w=6350))


def _placed(chart: Any, box: Box, fill: str = "") -> Any:
    """The chart in its box; without a `fill` the cells' lines are seen through it."""
    left, top, right, bottom = (place - 1 for place in box)
    chart.roundedCorners = False
    chart.graphical_properties = GraphicalProperties(solidFill=fill or None, noFill=not fill or None, ln=LineProperties(noFill=True))
    chart.anchor = TwoCellAnchor(editAs="oneCell", _from=AnchorMarker(col=left, row=top), to=AnchorMarker(col=right, row=bottom))
    return chart
