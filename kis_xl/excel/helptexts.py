"""The texts that the workbook's VBA reads from its hidden sheet: the functions' help and its own messages."""

from __future__ import annotations

from typing import Final

from kis_xl.excel import wrappers
from kis_xl.excel.registry import FUNCTIONS
from kis_xl.excel.workbook.help import FunctionHelp
from kis_xl.language import Language, Text

#: What macros say when Python cannot say it. `KisText` finds them by these keys.
MESSAGES: Final[dict[str, Text]] = {
    "msg.no_python": Text(
        "Python(kis_xl)에 연결할 수 없습니다. kis_xl이 설치되어 있는지 확인하고, 명령 프롬프트에서 kis-xl workbook 을 실행해 "
        "이 컴퓨터에 맞는 통합 문서를 다시 만드세요.",
        "Python (kis_xl) cannot be reached. Make sure that kis_xl is installed, and run kis-xl workbook in a command prompt to make a "
        "workbook for this machine.",
    ),
    "msg.cannot_open": Text("보고서를 열 수 없습니다. 파일은 여기에 있습니다:", "The report cannot be opened. The file is here:"),
    "msg.cannot_copy": Text(
        "시트를 값으로 복사하지 못했습니다. 시트가 보호되어 있으면 보호를 해제하세요.",
        "The sheet was not copied. If it is protected, unprotect it.",
    ),
    "msg.blocked": Text(
        "표가 펼쳐질 자리에 다른 값이 있습니다 (#SPILL!). 아래 셀의 오른쪽과 밑을 비우세요:",
        "Something stands where a table wants to spill (#SPILL!). Clear what is right of and below these cells:",
    ),
    "msg.protected": Text(
        "보호된 시트라 서식을 바꾸지 못했습니다. 값은 새로고침되었습니다:",
        "These sheets are protected: their values were refreshed, their formats were not:",
    ),
    "msg.mac": Text(
        "Mac에서는 xlwings 설치가 필요합니다. 터미널에서 xlwings runpython install 을 한 번 실행하세요.",
        "On a Mac run this once in a terminal: xlwings runpython install",
    ),
}


def help_rows(language: Language) -> list[FunctionHelp]:
    """A row a function and a row a message."""
    functions = [FUNCTIONS[name] for name in wrappers.names()]
    rows = [
        FunctionHelp(entry.name, entry.help.in_(language), tuple((part.name, part.help.in_(language)) for part in entry.arguments))
        for entry in functions
    ]
    return rows + [FunctionHelp(key, message.in_(language)) for key, message in MESSAGES.items()]
