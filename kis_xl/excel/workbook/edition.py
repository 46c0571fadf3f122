"""What every part of the workbook has to agree on: editions, sheets, defined names, macros."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from kis_xl.language import Language, Text


@dataclass(frozen=True)
class Edition:
    """Which workbook is built.

    `legacy` is for Excel without dynamic arrays (2016, 2019): array formulas over fixed ranges. `interpreter` is the path of
    the user's Python in a personal copy, pythonw.exe on Windows and python on a Mac; without one it is the workbook of the
    repository, which finds Python through the xlwings add-in. `xlwings` is the version whose VBA a personal copy brings.
    `refresh_on_open` is what the setting of that name holds at first.
    """

    language: Language = "ko"
    legacy: bool = False
    interpreter: str = ""
    xlwings: str = ""
    refresh_on_open: bool = False

    @property
    def personal(self) -> bool:
        """Whether the workbook is made for one machine and needs no add-in."""
        return bool(self.interpreter)


class Page(enum.Enum):
    """The sheets in their order. The code name is the sheet's name in VBA and is the same in every language."""

    START = ("shStart", Text("시작", "Start"))
    DASHBOARD = ("shDashboard", Text("대시보드", "Dashboard"))
    HOLDINGS = ("shHoldings", Text("보유종목", "Holdings"))
    ACCOUNT = ("shAccount", Text("계좌", "Account"))
    CHANGES = ("shChanges", Text("변동", "Changes"))
    HISTORY = ("shHistory", Text("추이", "History"))
    SETTINGS = ("shSettings", Text("설정", "Settings"))
    HELP = ("shHelp", Text("_help", "_help"))
    CONF = ("shConf", Text("xlwings.conf", "xlwings.conf"))  # the name that xlwings looks for; it must be the last sheet

    def __init__(self, code_name: str, title: Text) -> None:
        self.code_name = code_name
        self.title = title

    def at(self, cells: str, language: Language) -> str:
        """A reference to `cells` of this sheet that a formula on any sheet can use: `'설정'!$C$6`."""
        return f"'{self.title.in_(language)}'!{cells}"


#: The code name of the workbook's own module; Korean Excel would call it 현재_통합_문서.
WORKBOOK_CODE_NAME = "ThisWorkbook"


class Name(enum.StrEnum):
    """The defined names, workbook-wide. All but the last four are what the user can set; formulas and VBA read them by name."""

    ACCOUNT = "KisAccount"
    OPTIONS = "KisOptions"
    LANGUAGE = "KisLanguage"
    REFRESH_ON_OPEN = "KisRefreshOnOpen"
    INTERVAL = "KisInterval"
    SINCE = "KisSince"
    HISTORY_FIELD = "KisHistoryField"
    HISTORY_START = "KisHistoryStart"
    WHOLE = "KisWhole"  # whose figures the sheets show: the account that is set, or all accounts as one
    LINE = "KisLine"  # one line for the top of a sheet: whose figures, as of when, or what is wrong
    LEVEL = "KisLevel"  # 0 fine, 1 to be told, 2 failed
    HISTORY_COUNT = "KisHistoryCount"  # how many days the history table holds


class Macro(enum.Enum):
    """What a button runs, and what stands on it. The ribbon calls the same through callbacks of its own names."""

    REFRESH = ("KisRefresh", Text("새로고침", "Refresh"))
    EXPORT = ("KisExport", Text("보고서 내보내기", "Export report"))
    COPY_VALUES = ("KisCopyValues", Text("값으로 복사", "Copy as values"))
    CHECK = ("KisCheck", Text("연결 점검", "Check connection"))

    def __init__(self, macro: str, caption: Text) -> None:
        self.macro = macro
        self.caption = caption
