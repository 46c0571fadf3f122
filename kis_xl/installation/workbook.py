"""The step that puts the workbook in its folder. What the user has made of an earlier one is never lost unasked."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal

from kis_xl import __version__
from kis_xl.errors import DataError, OutputError
from kis_xl.excel.facts import WorkbookFacts, facts_in, workbook_facts
from kis_xl.excel.personal import FILE_NAME, personal_workbook, write_workbook
from kis_xl.installation.outcomes import Outcome
from kis_xl.installation.record import Put, hash_of
from kis_xl.installation.work import Work
from kis_xl.language import NO_TEXT, Text

#: What stands at a place: nothing; the very workbook that is wanted; one of ours as it was written; the user's own version of the
#: wanted one; one that has to stay (the user's own of another version, or none of ours); one that the user gives up.
_There = Literal["nothing", "same", "written", "used", "other", "given up"]

_STEM, _ENDING = FILE_NAME.split(".")
_MOST: Final = 100


def put_workbook(work: Work) -> Path:
    """Put the workbook in place, record and tell it; where it is. Raises OutputError, or ConfigError as `personal_workbook` does."""
    data = personal_workbook(work.language, legacy=work.legacy, interpreter=work.machine.python.path, refresh_on_open=work.refresh_on_open)
    path, there = _place(work, data)
    if there in ("nothing", "written", "given up"):
        _write(work, data, path)
    if there != "used":
        work.journal.add(Put("workbook", str(path), hashlib.sha256(data).hexdigest()))
    work.say(_outcome(work, path, there))
    if work.machine.cloud is not None and path.is_relative_to(work.machine.cloud):
        work.say(_uploaded(work.machine.cloud))
    return path


def _place(work: Work, data: bytes) -> tuple[Path, _There]:
    """The first place that is free, holds what is wanted, or may be written over; and what stands there."""
    wanted = facts_in(io.BytesIO(data))
    for number in range(_MOST):
        path = work.folder / _name(number)
        there = _there(work, path, data, wanted)
        if work.wishes.force and number == 0 and there in ("used", "other"):
            return path, "given up"
        if there != "other":
            return path, there
    raise OutputError(
        Text(f"이 폴더에 통합 문서가 너무 많습니다: {work.folder}", f"there are too many workbooks in {work.folder}"),
        Text("필요 없는 것을 옮기거나 지우세요.", "Move or delete those that are not needed."),
    )


def _name(number: int) -> str:
    """`KISBalance.xlsm`, then `KISBalance (0.2.0).xlsm`, `KISBalance (0.2.0) 2.xlsm` and so on."""
    return FILE_NAME if number == 0 else f"{_STEM} ({__version__}){f' {number}' if number > 1 else ''}.{_ENDING}"


def _there(work: Work, path: Path, data: bytes, wanted: WorkbookFacts | None) -> _There:
    found = hash_of(path)
    if found is None:
        return "nothing"
    if found == hashlib.sha256(data).hexdigest():
        return "same"
    known = work.journal.record.find("workbook", path)
    if known is not None and known.holds == found:
        return "written"
    try:
        facts = workbook_facts(path)
    except DataError:
        return "other"
    return "used" if wanted is not None and replace(facts, language=wanted.language) == wanted else "other"


def _write(work: Work, data: bytes, path: Path) -> None:
    made = work.make_folder(path.parent)
    try:
        write_workbook(data, path, replace=True)
    except OutputError:
        work.unmake(made)
        raise


def _outcome(work: Work, path: Path, there: _There) -> Outcome:
    if there == "same":
        return Outcome("workbook", "already", Text(f"통합 문서: {path}", f"workbook: {path}"))
    if there == "used":
        return Outcome(
            "workbook",
            "already",
            Text(f"통합 문서, 고치신 그대로: {path}", f"workbook, as you have changed it: {path}"),
            _not_set(work),
        )
    if there in ("written", "given up"):
        return Outcome("workbook", "done", Text(f"통합 문서를 새로 바꾸었습니다: {path}", f"workbook, renewed: {path}"))
    if path.name != FILE_NAME:
        earlier = path.with_name(FILE_NAME)
        return Outcome(
            "workbook",
            "done",
            Text(f"통합 문서: {path}", f"workbook: {path}"),
            Text(
                f"{earlier} 은(는) 고치신 것이라 그대로 두었습니다. 만드신 시트를 새 문서로 옮기거나, 잃어도 되면 --force 를 붙이세요.",
                f"{earlier} has been changed by you and stays. Move your sheets into the new one, or use --force if they may be lost.",
            ),
        )
    return Outcome("workbook", "done", Text(f"통합 문서: {path}", f"workbook: {path}"))


def _uploaded(cloud: Path) -> Outcome:
    """Where Windows backs the documents up, the workbook goes along: with its figures, and under an address of the web."""
    return Outcome(
        "folder",
        "warned",
        Text(
            f"OneDrive 폴더입니다: 잔고가 든 통합 문서가 올라가고, 신뢰할 수 있는 위치라도 Excel이 매크로를 물을 수 있습니다. ({cloud})",
            f"The folder is in OneDrive: the workbook is uploaded with its figures, and Excel may ask about macros even in a trusted "
            f"location. ({cloud})",
        ),
        Text(
            "이 컴퓨터에만 두려면 --folder 로 다른 폴더를 지정하세요.", "To keep it on this machine alone, name another one with --folder."
        ),
    )


def _not_set(work: Work) -> Text:
    """What was asked for and cannot be set in a workbook that is the user's by now."""
    if work.wishes.refresh_on_open is None:
        return NO_TEXT
    return Text("「열 때 새로고침」은 그 문서의 설정 시트에서 바꾸세요.", "Set its refresh on opening on its sheet Settings.")
