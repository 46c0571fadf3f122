"""The step that puts a shortcut on the desktop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from kis_xl.errors import reason_of
from kis_xl.installation.outcomes import Outcome
from kis_xl.installation.record import Put
from kis_xl.installation.shortcut import Shortcuts
from kis_xl.installation.work import Work
from kis_xl.language import Text

_TITLE: Final = Text("KIS 잔고", "KIS Balance")
_NAME: Final = "shortcut"


def put_shortcut(work: Work, workbook: Path) -> None:
    """Put a shortcut to the workbook on the desktop, and take earlier ones of ours away; tell what became of it."""
    shortcuts = work.machine.shortcuts
    if shortcuts is None:
        return
    path = work.machine.desktop / f"{_TITLE.in_(work.language)}.lnk"
    wanted = work.wishes.shortcut
    for known in work.journal.record.of("shortcut"):
        if not wanted or known.where != str(path):
            work.say(remove_shortcut(work, shortcuts, known))
    if not wanted:
        work.say(Outcome(_NAME, "skipped", Text("바로 가기를 두지 않습니다.", "No shortcut, as you wish.")))
        return
    work.say(_put(work, shortcuts, path, workbook))


def _put(work: Work, shortcuts: Shortcuts, path: Path, workbook: Path) -> Outcome:
    shown = Text(f"바탕 화면의 바로 가기: {path.name}", f"shortcut on the desktop: {path.name}")
    put = Put("shortcut", str(path), str(workbook))
    if path.exists():
        target = shortcuts.target(path)
        if opens(target, workbook):
            work.journal.add(put)
            return Outcome(_NAME, "already", shown)
        known = work.journal.record.find("shortcut", path)
        if known is None or not opens(target, Path(known.holds)):
            return Outcome(
                _NAME,
                "warned",
                Text(
                    f"바탕 화면에 같은 이름의 다른 파일이 있습니다: {path.name}",
                    f"another file of that name is on the desktop: {path.name}",
                ),
                Text("이름을 바꾸거나 지우고 다시 실행하세요.", "Rename or delete it, and run this again."),
            )
    try:
        shortcuts.write(path, workbook, _TITLE.in_(work.language))
    except OSError as error:
        reason = reason_of(error)
        return Outcome(
            _NAME,
            "failed",
            Text(f"바로 가기를 만들 수 없습니다: {path} ({reason})", f"the shortcut cannot be made: {path} ({reason})"),
            Text("통합 문서를 직접 여세요.", "Open the workbook itself."),
        )
    work.journal.add(put)
    return Outcome(_NAME, "done", shown)


def remove_shortcut(work: Work, shortcuts: Shortcuts, put: Put) -> Outcome:
    """Take a shortcut away again, unless it opens something else by now."""
    path = Path(put.where)
    if path.exists() and not opens(shortcuts.target(path), Path(put.holds)):
        work.journal.drop(put)
        return Outcome(
            _NAME,
            "warned",
            Text(f"바로 가기가 다른 것을 열어 그대로 두었습니다: {path}", f"shortcut, which opens something else by now and stays: {path}"),
        )
    outcome = delete(path, _NAME, Text("바로 가기", "shortcut"))
    if outcome.state != "failed":
        work.journal.drop(put)
    return outcome


def opens(target: str | None, workbook: Path) -> bool:
    """Whether what a shortcut opens is that workbook."""
    return target is not None and os.path.normcase(target) == os.path.normcase(workbook)


def delete(path: Path, name: str, what: Text) -> Outcome:
    """Delete a file; one that has gone is fine."""
    try:
        path.unlink()
    except FileNotFoundError:
        return Outcome(name, "already", Text(f"{what.ko}: 이미 없습니다: {path}", f"{what.en}, gone already: {path}"))
    except OSError as error:
        reason = reason_of(error)
    else:
        return Outcome(name, "done", Text(f"{what.ko}: 지웠습니다: {path}", f"{what.en} removed: {path}"))
    return Outcome(
        name,
        "failed",
        Text(f"{what.ko}: 지울 수 없습니다: {path} ({reason})", f"{what.en} cannot be removed: {path} ({reason})"),
        Text("Excel에서 열려 있으면 닫고 다시 실행하세요.", "Close it in Excel if it is open, and run this again."),
    )
