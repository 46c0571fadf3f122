"""What forbids macros on this machine: the administrator's policies, and the user's own settings in Excel's Trust Center."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from kis_xl.installation.registry import Hive, Registry, WindowsRegistry
from kis_xl.language import NO_TEXT, Text

#: `all`: no macro runs at all. `untrusted`: macros run in trusted locations only. `locations`: the user's own trusted locations do
#: not count. `downloads`: no macro of a file from the internet runs, which a workbook that was made here is not.
Blocks = Literal["all", "untrusted", "locations", "downloads"]


@dataclass(frozen=True)
class MacroPolicy:
    """One value that forbids something: its name and number as in the registry, who set it, in words what it means."""

    name: str
    blocks: Blocks
    by_administrator: bool
    what: Text
    cure: Text = NO_TEXT


@dataclass(frozen=True)
class _Rule:
    key: str
    name: str
    number: int
    blocks: Blocks
    what: Text
    by_user: bool = False  # whether it can also be set in Excel, under the same name


_RULES: Final[tuple[_Rule, ...]] = (
    _Rule("Common", "VBAOff", 1, "all", Text("Office에서 VBA가 꺼져 있습니다.", "VBA is switched off in Office.")),
    _Rule(
        r"Excel\Security",
        "VBAWarnings",
        4,
        "untrusted",
        Text("신뢰할 수 있는 위치 밖의 매크로는 알림 없이 차단됩니다.", "Macros outside trusted locations are disabled without a word."),
        by_user=True,
    ),
    _Rule(
        r"Excel\Security",
        "VBAWarnings",
        3,
        "untrusted",
        Text(
            "신뢰할 수 있는 위치 밖에서는 서명된 매크로만 실행됩니다. 이 통합 문서에는 서명이 없습니다.",
            "Outside trusted locations only signed macros run, and this workbook's are not signed.",
        ),
        by_user=True,
    ),
    _Rule(
        r"Excel\Security\Trusted Locations",
        "AllLocationsDisabled",
        1,
        "locations",
        Text("Excel의 신뢰할 수 있는 위치가 모두 꺼져 있습니다.", "All trusted locations of Excel are switched off."),
        by_user=True,
    ),
    _Rule(
        r"Common\Security\Trusted Locations",
        "Allow User Locations",
        0,
        "locations",
        Text("사용자가 더한 신뢰할 수 있는 위치는 인정되지 않습니다.", "Trusted locations that a user adds do not count."),
    ),
    _Rule(
        r"Excel\Security",
        "BlockContentExecutionFromInternet",
        1,
        "downloads",
        Text(
            "인터넷에서 받은 파일의 매크로는 차단됩니다. 이 통합 문서는 이 컴퓨터에서 만들어져 해당되지 않습니다.",
            "Macros of files from the internet are blocked. This workbook was made on this machine and is not one of them.",
        ),
    ),
)
_POLICIES: Final[tuple[tuple[Hive, str], ...]] = (
    ("HKCU", r"Software\Policies\Microsoft\Office"),
    ("HKLM", r"Software\Policies\Microsoft\Office"),
    ("HKCU", r"Software\Policies\Microsoft\Cloud\Office"),
)
_OWN: Final[tuple[Hive, str]] = ("HKCU", r"Software\Microsoft\Office")

_ASK: Final = Text(
    "회사의 정책입니다: 관리자에게 이 폴더를 신뢰할 수 있는 위치로 요청하세요.",
    "Your organisation has set this: ask its administrator to make this folder a trusted location.",
)
_ASK_FOR_VBA: Final = Text(
    "회사의 정책입니다: 관리자에게 VBA 허용을 요청하세요.", "Your organisation has set this: ask its administrator to allow VBA."
)
_CHANGE: Final = Text(
    "Excel의 파일 > 옵션 > 보안 센터 > 보안 센터 설정에서 바꿀 수 있습니다.",
    "It can be changed in Excel: File > Options > Trust Center > Trust Center Settings.",
)


def macro_policies(registry: Registry | None = None, office: str = "16.0") -> list[MacroPolicy]:
    """All that forbids macros here, the worst first; empty where nothing does, and on other systems than Windows."""
    if registry is None:
        if platform.system() != "Windows":
            return []
        registry = WindowsRegistry()
    return list(_found(registry, office))


def _found(registry: Registry, office: str) -> Iterator[MacroPolicy]:
    for rule in _RULES:
        for place in (*_POLICIES, _OWN) if rule.by_user else _POLICIES:
            number = registry.value(place[0], rf"{place[1]}\{office}\{rule.key}", rule.name)
            if number is not None:
                if number == rule.number:
                    yield _policy(rule, by_administrator=place is not _OWN)
                break  # a policy overrules what the user has set


def _policy(rule: _Rule, *, by_administrator: bool) -> MacroPolicy:
    cure = _CHANGE
    if by_administrator:
        cure = {"all": _ASK_FOR_VBA, "downloads": NO_TEXT}.get(rule.blocks, _ASK)
    return MacroPolicy(f"{rule.name}={rule.number}", rule.blocks, by_administrator, rule.what, cure)
