"""The visible sign beside the reports: a text file that is there while something is wrong, and says what and what to do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from kis_xl.datafolder import DataFolder, write_atomically
from kis_xl.language import Language, Text
from kis_xl.redaction import get_logger
from kis_xl.schedule.plan import Plan
from kis_xl.schedule.runs import Run

_log = get_logger(__name__)
NAME: Final = Text("KIS_보고서_실패.txt", "KIS_REPORT_FAILED.txt")
#: So many missed days are listed.
_MOST: Final = 5
_MISSED: Final = Text("그때 컴퓨터가 꺼져 있었거나 로그인한 사용자가 없었습니다.", "The machine was off then, or nobody was logged in.")
_CAPTION: Final = Text("할 일", "What to do")
_NOW: Final = Text("- 지금 보고서 만들기: kis-xl schedule run", "- make the reports now: kis-xl schedule run")
_WHAT_TO_DO: Final = Text(
    "- 자세한 상태: kis-xl schedule status\n다음 실행이 성공하면 이 파일은 저절로 없어집니다. 지워도 됩니다.",
    "- see the details: kis-xl schedule status\nThe next run that succeeds takes this file away. You may delete it.",
)


def update(plan: Plan, folder: DataFolder, run: Run, missed: Sequence[datetime], log: Path | None) -> None:
    """Put the sign up where `run` failed or earlier runs were missed, take it away where all is well.

    Where the reports' folder cannot be written, which may be what failed, it stands in the data folder's.
    """
    places = dict.fromkeys((plan.reports(folder), folder.path / "reports"))
    if run.ok and not missed:
        take_away(places)
        return
    text = _text(run, missed, plan.language, log)
    for place in places:
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            # with its mark and Windows' line ends, every editor there is shows it well
            write_atomically(place / NAME.in_(plan.language), text.replace("\n", os.linesep).encode("utf-8-sig"))
        except OSError as error:
            _log.warning("the sign cannot be written: %s (%s)", place, error.strerror)
        else:
            return


def take_away(places: Sequence[Path] | dict[Path, None]) -> None:
    """Delete the sign, in either language."""
    for place in places:
        for name in NAME:
            with suppress(OSError):
                (place / name).unlink(missing_ok=True)


def _text(run: Run, missed: Sequence[datetime], language: Language, log: Path | None) -> str:
    lines = [Text("KIS 잔고 보고서를 확인하세요", "The KIS balance reports need a look").in_(language), ""]
    if not run.ok:
        when = f"{run.started:%Y-%m-%d %H:%M} KST"
        lines += [Text(f"실패: {when}", f"Failed: {when}").in_(language)]
        for result in run.results:
            lines += [f"- {result.line().in_(language)}"]
            lines += [f"  {result.hint.in_(language)}"] if result.hint.in_(language) else []
        lines += [""]
    if missed:
        caption = Text("실행되지 않은 예약:", "Missed:").in_(language)
        earlier = len(missed[:-_MOST])
        lines += [caption, *([f"- {Text(f'그 전 {earlier}번', f'{earlier} earlier ones').in_(language)}"] if earlier else [])]
        lines += [*(f"- {moment:%Y-%m-%d %H:%M} KST" for moment in missed[-_MOST:]), _MISSED.in_(language), ""]
    # days that are past cannot be made up: then there is nothing to be made now
    lines += [text.in_(language) for text in (_CAPTION, *(() if run.ok else (_NOW,)), _WHAT_TO_DO)]
    lines += [] if log is None else [Text(f"로그: {log}", f"Log: {log}").in_(language)]
    return "\n".join(lines) + "\n"
