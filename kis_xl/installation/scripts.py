"""The step for a Mac: xlwings' script, without which Excel's buttons may not start Python."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from kis_xl.errors import reason_of
from kis_xl.installation.outcomes import Outcome, State
from kis_xl.installation.record import Put, hash_of
from kis_xl.installation.work import Work
from kis_xl.language import Text

_FOLDER: Final = Path("Library") / "Application Scripts" / "com.microsoft.Excel"
_PATTERN: Final = "xlwings-*.applescript"
_NAME: Final = "script"


def allow_scripts(work: Work) -> None:
    """On a Mac have xlwings put its script where Excel may start it, and tell what became of it."""
    if work.machine.system != "mac":
        return
    folder = work.machine.home / _FOLDER
    before = _hashes(folder)
    work.make_folder(folder)
    try:
        work.machine.allow_scripts()
    except (OSError, ImportError, subprocess.SubprocessError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else type(error).__name__
        work.say(
            Outcome(
                _NAME,
                "failed",
                Text(f"xlwings의 스크립트를 둘 수 없습니다 ({reason}).", f"xlwings' script cannot be put in place ({reason})."),
                Text("터미널에서 실행하세요: xlwings runpython install", "Run in a terminal: xlwings runpython install"),
            )
        )
        return
    after = _hashes(folder)
    for path in sorted(set(after) - set(before)):  # one that was there is the user's own, or recorded by an earlier run
        work.journal.add(Put("script", str(path), after[path]))
    state: State = "already" if after == before else "done"
    shown = Text(f"단추가 Python을 시작할 수 있습니다: {folder}", f"buttons may start Python: {folder}")
    work.say(Outcome(_NAME, state, shown))


def _hashes(folder: Path) -> dict[Path, str]:
    return {path: hash_of(path) or "" for path in folder.glob(_PATTERN)}
