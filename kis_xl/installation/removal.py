"""The steps of `kis-xl uninstall`: what is recorded is undone, unless the user has made something of it."""

from __future__ import annotations

from pathlib import Path

from kis_xl.errors import OutputError
from kis_xl.installation.desktop import delete, remove_shortcut
from kis_xl.installation.outcomes import Outcome
from kis_xl.installation.record import Put, hash_of
from kis_xl.installation.trusted import untrust
from kis_xl.installation.work import Work
from kis_xl.language import Text

_WORKBOOK = Text("통합 문서", "workbook")
_SCRIPT = Text("xlwings의 스크립트", "xlwings' script")


def undo_all(work: Work, *, delete_workbook: bool) -> None:
    """Undo what is recorded, each step told; what stays or cannot be undone stays in the record."""
    record = work.journal.record
    if not record.puts:
        work.say(Outcome("record", "already", Text("설치된 것이 없습니다.", "Nothing is installed.")))
    for put in record.of("shortcut"):
        shortcuts = work.machine.shortcuts
        work.say(_elsewhere(put) if shortcuts is None else remove_shortcut(work, shortcuts, put))
    for put in record.of("trusted"):
        registry = work.machine.registry
        work.say(_elsewhere(put) if registry is None else untrust(work, registry, put))
    for put in record.of("workbook"):
        work.say(_remove(work, put, _WORKBOOK, anyway=delete_workbook))
    for put in record.of("script"):
        work.say(_remove(work, put, _SCRIPT, anyway=False))
    work.unmake(record.of("folder"))
    work.journal.end()


def _remove(work: Work, put: Put, what: Text, *, anyway: bool) -> Outcome:
    """Delete a file whose bytes are as they were written."""
    path = Path(put.where)
    try:
        found = hash_of(path)
    except OutputError as error:
        return Outcome(put.kind, "failed", error.what, error.hint)
    if found not in (None, put.holds) and not anyway:
        return Outcome(
            put.kind,
            "warned",
            Text(f"{what.ko}: 고치신 것이라 그대로 두었습니다: {path}", f"{what.en}, changed by you and kept: {path}"),
            Text("함께 지우려면: kis-xl uninstall --delete-workbook", "To delete it too: kis-xl uninstall --delete-workbook"),
        )
    outcome = delete(path, put.kind, what)
    if outcome.state != "failed":
        work.journal.drop(put)
    return outcome


def _elsewhere(put: Put) -> Outcome:
    return Outcome(
        put.kind,
        "failed",
        Text(
            f"다른 시스템에서 둔 것이라 여기서는 되돌릴 수 없습니다: {put.where}",
            f"put by another system, and cannot be undone here: {put.where}",
        ),
        Text("그 시스템에서 kis-xl uninstall 을 실행하세요.", "Run kis-xl uninstall on that system."),
    )


def tell_what_is_left(work: Work) -> None:
    """What no removal touches, and how to be rid of it."""
    work.say(
        Outcome(
            "left",
            "ok",
            Text(
                f"남은 것: 이력과 보고서가 든 데이터 폴더({work.data_folder})와 저장된 앱키.",
                f"Left are the data folder with history and reports ({work.data_folder}) and stored app keys.",
            ),
            Text(
                "앱키는 `kis-xl accounts remove` 로, 데이터 폴더는 직접 지우고, 끝으로 `python -m pip uninstall kis-xl` 을 실행하세요.",
                "Remove keys with kis-xl accounts remove, delete the folder, and end with python -m pip uninstall kis-xl.",
            ),
        )
    )
