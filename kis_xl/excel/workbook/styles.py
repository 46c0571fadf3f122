"""How things look: colours, and the styles that several sheets share. Each style is XlsxWriter's format properties."""

from __future__ import annotations

import math
from typing import Any, Final

from kis_xl.language import cells_wide

Look = dict[str, Any]

INK: Final = "#1F2933"
MUTED: Final = "#6B7785"
NAVY: Final = "#1F3A5F"
LINE: Final = "#D9DEE5"
HAIR: Final = "#E8EBEF"
PANEL: Final = "#F5F7FA"
WHITE: Final = "#FFFFFF"
INPUT: Final = "#FFF9E5"
INPUT_LINE: Final = "#D8B74A"
LINK: Final = "#2F6690"
# the Korean convention: up is red, down is blue
UP: Final = "#C0282D"
DOWN: Final = "#1F5FBF"
WARNING: Final = "#FFF3D6"
WARNING_INK: Final = "#7A5600"
ALARM: Final = "#FBE3E1"
ALARM_INK: Final = "#9C1C20"

#: Slices of the allocation chart: ten holdings, the others, the deposit.
SLICES: Final = (
    "#1F3A5F", "#2F6690", "#3A7CA5", "#5FA8D3", "#8CC6DE", "#3F7D6A",
    "#6FA287", "#A9C59B", "#E3B95B", "#D98F5C", "#9AA5B1", "#D5DAE1",
)  # fmt: skip

# Excel on Windows and Mac has it; elsewhere the character set makes the substitute a Hangul font. With a scheme (XlsxWriter's
# default) Excel would take the theme's font instead
FONT: Final[Look] = {"font_name": "맑은 고딕", "font_size": 10, "font_family": 2, "font_charset": 129, "font_scheme": "none"}

WON: Final = "#,##0"
SIGNED_WON: Final = "+#,##0;-#,##0;0"
RATE: Final = "0.00%"
SIGNED_RATE: Final = "+0.00%;-0.00%;0.00%"
DAY: Final = "yyyy-mm-dd"
MOMENT: Final = "yyyy-mm-dd hh:mm"

TITLE: Final[Look] = {"font_size": 18, "bold": True, "font_color": NAVY}
UNDER_TITLE: Final[Look] = {"font_color": MUTED}
SECTION: Final[Look] = {"font_size": 12, "bold": True, "font_color": NAVY, "bottom": 1, "bottom_color": NAVY}
HEADER: Final[Look] = {"bold": True, "font_color": WHITE, "bg_color": NAVY, "align": "center", "text_wrap": True}
#: A header cell that is empty until a function fills it: a conditional format gives it its colours.
HEADER_SHAPE: Final[Look] = {"align": "center", "text_wrap": True}
HEADER_FILL: Final[Look] = {"bold": True, "font_color": WHITE, "bg_color": NAVY}
ROW: Final[Look] = {"bottom": 1, "bottom_color": HAIR}
NOTE: Final[Look] = {"font_color": MUTED, "font_size": 9}
ENTRY: Final[Look] = {"bg_color": INPUT, "border": 1, "border_color": INPUT_LINE, "align": "left", "indent": 1, "locked": False}
HIDDEN_FONT: Final[Look] = {"font_color": WHITE}
SPAN: Final = 2000  # rows that conditional formats of a growing table cover


def lines_high(text: str, width: float) -> int:
    """How many lines a wrapped text takes in a column of `width` characters, a little generously: Hangul is less than two wide."""
    room = max(width - 2, 1)
    return sum(max(1, math.ceil(0.9 * cells_wide(line) / room)) for line in text.split("\n"))
