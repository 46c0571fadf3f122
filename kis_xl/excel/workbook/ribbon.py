"""The ribbon tab KIS: the buttons' macros again, within reach on every sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import quoteattr

from kis_xl.excel.workbook.edition import Page
from kis_xl.language import Language, Text

#: Where the part stands in the package, and what it is to the package. The 2009 schema is read by Office 2010 and later.
PART: Final = "customUI/customUI14.xml"
RELATIONSHIP: Final = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
_SCHEMA: Final = "http://schemas.microsoft.com/office/2009/07/customui"


@dataclass(frozen=True)
class Command:
    """One button. `image` is a picture that Office has under that name."""

    callback: str
    image: str
    label: Text
    tip: Text


@dataclass(frozen=True)
class Group:
    """Buttons under one caption."""

    id: str
    label: Text
    commands: tuple[Command, ...]


# RefreshAll and PasteValues are Excel's own commands (Data tab, Paste menu), ExportExcel is Access's, AcceptInvitation and
# Help are Outlook's and Office's: all are in the galleries of Office 2010 and used by many add-ins
GROUPS: Final = (
    Group(
        "kisData",
        Text("자료", "Data"),
        (
            Command(
                "KisRibbonRefresh",
                "RefreshAll",
                Text("새로고침", "Refresh"),
                Text("잔고를 새로 조회해 모든 시트를 고칩니다. Esc 로 멈춥니다.", "Fetch the balance and renew all sheets. Esc stops it."),
            ),
        ),
    ),
    Group(
        "kisReport",
        Text("보고서", "Report"),
        (
            Command(
                "KisRibbonExport",
                "ExportExcel",
                Text("보고서 내보내기", "Export report"),
                Text("오늘 날짜의 Excel 보고서를 만들고 열지 물어봅니다.", "Write today's Excel report, and offer to open it."),
            ),
            Command(
                "KisRibbonCopyValues",
                "PasteValues",
                Text("값으로 복사", "Copy as values"),
                Text("이 시트를 수식 없이 새 통합 문서에 복사합니다.", "Copy this sheet to a new workbook, without formulas."),
            ),
        ),
    ),
    Group(
        "kisHelp",
        Text("도움말", "Help"),
        (
            Command(
                "KisRibbonCheck",
                "AcceptInvitation",
                Text("연결 점검", "Check connection"),
                Text("실제로 한 번 조회해 계좌와 키를 확인합니다.", "Make one real call to check account and keys."),
            ),
            Command(
                "KisRibbonStart",
                "Help",
                Text("시작 안내", "Start page"),
                Text(f"「{Page.START.title.ko}」 시트로 갑니다.", f"Go to the sheet {Page.START.title.en}."),
            ),
        ),
    ),
)


def ribbon_xml(language: Language) -> bytes:
    """The part `customUI14.xml`: captions and tips in `language`."""
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', f'<customUI xmlns="{_SCHEMA}">', "<ribbon><tabs>"]
    lines.append('<tab id="kisTab" label="KIS">')
    for group in GROUPS:
        lines.append(f"<group id={quoteattr(group.id)} label={quoteattr(group.label.in_(language))}>")
        lines += [_button(command, language) for command in group.commands]
        lines.append("</group>")
    lines.append("</tab></tabs></ribbon></customUI>")
    return "\n".join(lines).encode()


def _button(command: Command, language: Language) -> str:
    label = command.label.in_(language)
    attributes = {
        "id": command.callback.replace("KisRibbon", "kisButton"),
        "label": label,
        "size": "large",
        "imageMso": command.image,
        "onAction": command.callback,
        "screentip": label,
        "supertip": command.tip.in_(language),
    }
    return "<button " + " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items()) + "/>"
