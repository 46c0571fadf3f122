"""Writing a report where the user wants it, for the commands that do."""

from __future__ import annotations

import os
from pathlib import Path

from kis_xl.cli.doubts import tell_doubts
from kis_xl.language import Language
from kis_xl.models import Balance
from kis_xl.report import report_path, write_report
from kis_xl.settings import Settings


def write(balance: Balance, output: str | None, language: str | None, settings: Settings) -> Path:
    """Write the report, tell what is doubtful in it; its path. `output` and `language` are the options as typed, or None."""
    tell_doubts(balance)
    shown: Language = settings.language if language is None else "ko" if language == "ko" else "en"
    place = None if output is None else Path(output).expanduser()
    if place is not None and output is not None and output.endswith((os.sep, "/")):
        place.mkdir(parents=True, exist_ok=True)
    default = settings.folder.path / "reports"
    return write_report(balance, report_path(balance, place, default), shown)
