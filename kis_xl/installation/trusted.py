"""The step that makes the workbook's folder a trusted location of Excel, if the user agrees: that folder, and none below it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from kis_xl import kst
from kis_xl.datafolder import fingerprint
from kis_xl.errors import reason_of
from kis_xl.installation.machine import Machine
from kis_xl.installation.outcomes import Outcome
from kis_xl.installation.policies import macro_policies
from kis_xl.installation.record import Put
from kis_xl.installation.registry import Registry
from kis_xl.installation.work import Work
from kis_xl.language import NO_TEXT, Text

_LOCATIONS: Final = r"Software\Microsoft\Office\{office}\Excel\Security\Trusted Locations"
_DESCRIPTION: Final = "KIS Balance (kis-xl install)"
_NAME: Final = "trusted location"
_LATER: Final = Text("나중에 하려면: kis-xl install --trust", "To do it later: kis-xl install --trust")


def trust_folder(work: Work, folder: Path) -> None:
    """Make `folder` a trusted location where the user agrees and nothing speaks against it; tell what became of it."""
    registry = work.machine.registry
    if registry is not None:
        work.say(_trust(work, registry, folder))
    elif work.machine.system == "mac":
        asks = Text(
            "Mac의 Excel은 열 때마다 매크로를 묻습니다: 「매크로 사용」을 누르세요.",
            "Excel on a Mac asks about macros at each opening: press Enable Macros.",
        )
        work.say(Outcome(_NAME, "skipped", asks))


def _trust(work: Work, registry: Registry, folder: Path) -> Outcome:
    key = key_of(folder, work.machine.office)
    is_there = registry.value("HKCU", key, "Path") == _as_location(folder)
    known = work.journal.record.find("trusted", key)
    if work.wishes.trust is False:
        if known is not None:
            work.say(untrust(work, registry, known))
        return Outcome(_NAME, "skipped", Text("신뢰할 수 있는 위치를 두지 않습니다.", "No trusted location, as you wish."), _LATER)
    if is_there:
        work.journal.add(Put("trusted", key, _as_location(folder)))
        return Outcome(_NAME, "already", Text(f"신뢰할 수 있는 위치: {folder}", f"trusted location: {folder}"))
    against = _against(work.machine, registry, folder)
    if against is not None:
        return against
    if not (work.wishes.trust or (work.ask is not None and work.ask(_question(folder)))):
        what = Text("신뢰할 수 있는 위치로 등록하지 않았습니다.", "The folder was not made a trusted location.")
        return Outcome(_NAME, "skipped", what, Text(f"열 때 「콘텐츠 사용」을 누르세요. {_LATER.ko}", f"Press Enable Content. {_LATER.en}"))
    return _write(work, registry, folder, key)


def _write(work: Work, registry: Registry, folder: Path, key: str) -> Outcome:
    values: dict[str, str | int] = {
        "Path": _as_location(folder),
        "Description": _DESCRIPTION,
        "AllowSubfolders": 0,
        "Date": kst.now().strftime("%Y-%m-%d %H:%M"),
    }
    try:
        made = registry.write(key, values)
    except OSError as error:
        reason = reason_of(error)
        return Outcome(
            _NAME,
            "failed",
            Text(f"신뢰할 수 있는 위치를 등록할 수 없습니다 ({reason}).", f"The trusted location cannot be written ({reason})."),
            Text("열 때 「콘텐츠 사용」을 누르세요.", "Press Enable Content when the workbook opens."),
        )
    work.journal.add(Put("trusted", key, _as_location(folder), made))
    return Outcome(_NAME, "done", Text(f"신뢰할 수 있는 위치: {folder}", f"trusted location: {folder}"))


def untrust(work: Work, registry: Registry, put: Put) -> Outcome:
    """Take a trusted location away again, unless the user has made another one of it."""
    found = registry.value("HKCU", put.where, "Path")
    if found is not None and found != put.holds:
        work.journal.drop(put)
        return Outcome(
            _NAME,
            "warned",
            Text(
                f"신뢰할 수 있는 위치를 고치셔서 그대로 두었습니다: {found}", f"trusted location, changed by you and left as it is: {found}"
            ),
        )
    try:
        registry.remove(put.where, put.made)
    except OSError as error:
        reason = reason_of(error)
        return Outcome(
            _NAME,
            "failed",
            Text(
                f"신뢰할 수 있는 위치를 없앨 수 없습니다: {put.holds} ({reason})",
                f"the trusted location cannot be removed: {put.holds} ({reason})",
            ),
            Text(
                "Excel의 파일 > 옵션 > 보안 센터 > 신뢰할 수 있는 위치에서 없애세요.",
                "Remove it in Excel: File > Options > Trust Center > Trusted Locations.",
            ),
        )
    work.journal.drop(put)
    return Outcome(_NAME, "done", Text(f"신뢰할 수 있는 위치를 없앴습니다: {put.holds}", f"trusted location removed: {put.holds}"))


def tell_policies(work: Work) -> None:
    """Tell plainly what forbids macros here."""
    if work.machine.registry is None:
        return
    found = macro_policies(work.machine.registry, work.machine.office)
    trusted = bool(work.journal.record.of("trusted")) and not any(policy.blocks == "locations" for policy in found)
    for policy in found:
        is_met = policy.blocks == "downloads" or (policy.blocks == "untrusted" and trusted)
        what = Text(f"{policy.name}: {policy.what.ko}", f"{policy.name}: {policy.what.en}")
        work.say(Outcome("macros", "ok" if is_met else "warned", what, NO_TEXT if is_met else policy.cure))


def key_of(folder: Path, office: str) -> str:
    """The registry key of our trusted location for `folder`: a name of our own, so that no other program's is touched."""
    return rf"{_LOCATIONS.format(office=office)}\kis_xl {fingerprint(os.path.normcase(folder))[:8]}"


def _as_location(folder: Path) -> str:
    """A folder as Excel's Trust Center writes it."""
    return str(folder).rstrip("\\/") + ("\\" if os.name == "nt" else os.sep)


def _question(folder: Path) -> Text:
    return Text(
        f"Excel은 매크로가 든 통합 문서를 열 때 막대를 보이고 허락을 기다립니다. 다음 폴더를 신뢰할 수 있는 위치로 등록하면 "
        f"그 폴더의 파일은 묻지 않고 열립니다(하위 폴더 제외). 받은 파일을 이 폴더에 넣지 마세요. `kis-xl uninstall` 이 되돌립니다.\n"
        f"  {folder}\n등록할까요?",
        f"Excel waits for your permission each time a workbook with macros is opened. As a trusted location, the following folder "
        f"(none below it) opens its files without asking. Put no downloaded files there. kis-xl uninstall undoes it.\n"
        f"  {folder}\nMake it a trusted location?",
    )


def _against(machine: Machine, registry: Registry, folder: Path) -> Outcome | None:
    """What speaks against trusting a folder: a policy, or that other files come and go there."""
    for policy in macro_policies(registry, machine.office):
        if policy.blocks in ("all", "locations"):
            return Outcome(_NAME, "skipped", policy.what, policy.cure)
    if str(folder).startswith(("\\\\", "//")):
        what = Text("네트워크 폴더는 Excel이 신뢰할 수 있는 위치로 받지 않습니다.", "Excel takes no network folder as a trusted location.")
        return Outcome(_NAME, "skipped", what, _OWN_FOLDER)
    shared = (machine.home, machine.documents, machine.desktop, machine.home / "Downloads")
    if folder.parent == folder or any(_same(folder, place) or folder in place.parents for place in shared):
        what = Text(
            f"다른 파일도 드나드는 폴더라 신뢰할 수 있는 위치로 두지 않습니다: {folder}",
            f"Other files come and go in this folder, so it is not made a trusted location: {folder}",
        )
        return Outcome(_NAME, "skipped", what, _OWN_FOLDER)
    return None


_OWN_FOLDER: Final = Text(
    "--folder 로 이 통합 문서만 둘 폴더를 지정하세요.", "Name a folder for this workbook alone with --folder, on this machine."
)


def _same(one: Path, other: Path) -> bool:
    return os.path.normcase(one) == os.path.normcase(other)
