"""How cells look: colours, number formats, and the styles of a workbook, each registered once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from kis_xl.report.texts import Texts

FONT_NAME: Final = "Malgun Gothic"
INK: Final = "1F2933"
MUTED: Final = "6B7785"
NAVY: Final = "1F3A5F"
LINE: Final = "D9DEE5"
HAIR: Final = "E8EBEF"
PANEL: Final = "F5F7FA"
WHITE: Final = "FFFFFF"
# the Korean convention: up is red, down is blue
UP: Final = "C0282D"
DOWN: Final = "1F5FBF"
BAR: Final = "8CC6DE"
#: A banner's background and ink: bad, doubtful, well.
ALARM: Final = ("FBE3E1", "9C1C20")
WARNING: Final = ("FFF3D6", "7A5600")
FINE: Final = ("E4F1EA", "1E5B42")
#: The slices of the allocation chart: ten holdings, the others, the deposit.
SLICES: Final = (
    "1F3A5F", "2F6690", "3A7CA5", "5FA8D3", "8CC6DE", "3F7D6A", "6FA287", "A9C59B", "E3B95B", "D98F5C", "9AA5B1", "D5DAE1",
)  # fmt: skip

TEXT: Final = "@"
WON: Final = "#,##0"
SIGNED_WON: Final = "+#,##0;-#,##0;0"
RATE: Final = "0.00%"
SIGNED_RATE: Final = "+0.00%;-0.00%;0.00%"
DAY: Final = "yyyy-mm-dd"
MOMENT: Final = "yyyy-mm-dd hh:mm:ss"
_EDGES: Final[dict[str, Any]] = {"left": "thick", "top": "thin", "bottom": "thin"}


@dataclass(frozen=True)
class Look:
    """How a cell looks. Colours are RRGGBB, "" for none; `line` names the edges that have a line (`left`, `top`, `bottom`)."""

    number_format: str = TEXT
    color: str = ""
    size: float = 10
    bold: bool = False
    fill: str = ""
    align: str = ""
    vertical: str = "center"
    indent: int = 0
    wrap: bool = False
    shrink: bool = False
    line: tuple[str, ...] = ()
    line_color: str = LINE

    def signed(self, value: object) -> Look:
        """The same in the colour of what `value` is: a gain, a loss, or neither."""
        if isinstance(value, str) or not value:
            return self
        return replace(self, color=UP if value > 0 else DOWN)  # type: ignore[operator]


HEADER: Final = Look(color=WHITE, bold=True, fill=NAVY, align="center", wrap=True)
PLAIN: Final = Look(align="left", indent=1)
NOTE: Final = Look(color=MUTED, size=9, align="left", wrap=True)
SUM: Final = Look(bold=True, line=("top", "bottom"), line_color=NAVY)


class Styles:
    """The styles of one workbook by their look: a number for a cell's XML. A style is registered when it is first asked for.

    Its `texts` have numbers, too.
    """

    def __init__(self, page: Any, texts: Texts) -> None:
        self._page = page
        self.texts = texts
        self._numbers: dict[tuple[Look, bool], int] = {}

    def number(self, look: Look, *, quoted: bool = False) -> int:
        """The number of the style; `quoted` for a text that Excel would read as a formula when somebody types Enter on it."""
        known = self._numbers.get((look, quoted))
        if known is None:
            known = self._numbers[look, quoted] = self._registered(look, quoted)
        return known

    def _registered(self, look: Look, quoted: bool) -> int:
        cell: Any = WriteOnlyCell(self._page)
        cell.font = Font(name=FONT_NAME, size=look.size, bold=look.bold, color=look.color or None)
        cell.number_format = look.number_format
        cell.alignment = Alignment(
            horizontal=look.align or None,
            vertical=look.vertical,
            wrap_text=look.wrap,
            shrink_to_fit=look.shrink,
            indent=look.indent,
        )
        if look.fill:
            cell.fill = PatternFill("solid", fgColor=look.fill)
        if look.line:
            sides = {edge: Side(style=style, color=look.line_color) for edge, style in _EDGES.items() if edge in look.line}
            cell.border = Border(left=sides.get("left"), top=sides.get("top"), bottom=sides.get("bottom"))
        if quoted:
            cell.quotePrefix = True
        return int(cell.style_id)
