"""Excel, what forbids its macros, and the workbooks that were installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from kis_xl import __version__
from kis_xl.doctor.case import Case
from kis_xl.doctor.finding import Finding, failed, of_error, ok, skipped, warned
from kis_xl.doctor.folder import is_synced
from kis_xl.doctor.python import release, same_place
from kis_xl.errors import ConfigError, KisError
from kis_xl.excel.facts import WorkbookFacts, workbook_facts
from kis_xl.language import Text

_FILE: Final = "KISBalance.xlsm"
#: From this zone on Excel takes a file for one from the internet.
_INTERNET: Final = 3
_MAKE: Final = Text("`kis-xl install` 을 실행하세요.", "Run kis-xl install.")
_AGAIN: Final = Text(
    "`kis-xl install` 을 다시 실행하세요. 고치신 문서는 그대로 두고 새 것을 만듭니다.",
    "Run kis-xl install again. One that you have changed stays, and a new one is made.",
)


def program(case: Case) -> Iterator[Finding]:
    """Which Excel is here."""
    from kis_xl.installation.checks import check_excel  # noqa: PLC0415 (loads what makes workbooks)

    id, system, excel = "excel.program", case.machine.system, case.machine.excel
    told = check_excel(case.machine)
    detail = (
        {}
        if excel is None
        else {"version": excel.version, "bits": excel.bits, "edition": excel.edition, "spills": excel.has_dynamic_arrays}
    )
    if system == "other":
        yield skipped(id, told.what)
    elif told.state == "ok" or (system == "mac" and excel is not None):  # what a Mac cannot do is no fault
        yield ok(id, told.what, **detail)
    else:
        yield warned(id, told.what, told.cure, **detail)


def macros(case: Case) -> Iterator[Finding]:
    """What forbids macros."""
    from kis_xl.installation.policies import macro_policies  # noqa: PLC0415 (see above)

    id = "excel.macros"
    if case.machine.system != "windows" or case.machine.registry is None:
        yield skipped(id, Text("매크로 정책은 Windows에만 있습니다.", "only Windows has policies for macros"))
        return
    policies = macro_policies(case.machine.registry, case.machine.office)
    detail = {"policies": [{"name": each.name, "blocks": each.blocks, "administrator": each.by_administrator} for each in policies]}
    serious = [each for each in policies if each.blocks != "downloads"]
    if not serious:
        yield ok(id, Text("매크로를 막는 정책이 없습니다.", "no policy forbids this workbook's macros"), **detail)
        return
    worst = serious[0]
    if worst.blocks == "all":
        yield failed(id, ConfigError, worst.what, worst.cure, **detail)
    else:
        yield warned(id, worst.what, worst.cure, **detail)


def workbooks(case: Case) -> Iterator[Finding]:
    """Each workbook that was installed, or lies where one is put by default."""
    from kis_xl.installation.machine import documents_folder  # noqa: PLC0415 (see above)
    from kis_xl.installation.record import recorded  # noqa: PLC0415

    id = "workbook.version"
    try:
        record = recorded(case.folder)
    except KisError as error:
        yield of_error(id, error)
        return
    paths = [] if record is None else [Path(put.where) for put in record.of("workbook")]
    usual = documents_folder(case.machine) / _FILE
    if usual not in paths and usual.exists():
        paths.append(usual)
    if not paths:
        yield skipped(
            id, Text("설치된 통합 문서가 없습니다. 만들려면: kis-xl install", "no workbook is installed; kis-xl install makes one")
        )
    for path in paths:
        yield from _of_workbook(case, path)


def _of_workbook(case: Case, path: Path) -> Iterator[Finding]:
    id = "workbook.version"
    if not path.exists():
        what = Text(f"설치한 통합 문서가 그 자리에 없습니다: {path}", f"the workbook that was installed is no longer there: {path}")
        yield warned(id, what, _MAKE, path=str(path))
        return
    try:
        facts = workbook_facts(path)
    except KisError as error:
        yield of_error(id, error, path=str(path))
        return
    yield _version(path, facts)
    if facts.personal:
        yield from _interpreter(case, facts)
    yield _mark(path)
    yield _place(path)


def _version(path: Path, facts: WorkbookFacts) -> Finding:
    id = "workbook.version"
    detail = {"path": str(path), "version": facts.version, "package": __version__, "legacy": facts.legacy, "personal": facts.personal}
    what = Text(
        f"통합 문서 {facts.version}, 패키지 {__version__}: {path}", f"workbook of version {facts.version}, package {__version__}: {path}"
    )
    if release(facts.version) < release(__version__):
        return warned(id, what, _AGAIN, **detail)
    if release(facts.version) > release(__version__):
        cure = Text("kis_xl을 올리세요. 새 버전의 폴더에서: pip install .", "Update kis_xl. In the new version's folder: pip install .")
        return warned(id, what, cure, **detail)
    return ok(id, what, **detail)


def _interpreter(case: Case, facts: WorkbookFacts) -> Iterator[Finding]:
    """The Python that a personal workbook starts, and the DLL that it starts it by."""
    id, theirs, ours = "workbook.interpreter", facts.interpreter, str(case.machine.python.path)
    detail = {"interpreter": theirs, "this": ours}
    if not theirs or not Path(theirs).exists():
        what = Text(f"통합 문서가 시작할 Python이 없습니다: {theirs}", f"the Python that the workbook starts is not there: {theirs}")
        yield failed(id, ConfigError, what, _AGAIN, **detail)
        return
    if not same_place(Path(theirs), Path(ours)):
        what = Text(
            f"통합 문서는 다른 Python을 씁니다: {theirs} (지금은 {ours})", f"the workbook starts another Python: {theirs} (this is {ours})"
        )
        yield warned(id, what, _AGAIN, **detail)
        return
    yield ok(id, Text(f"통합 문서가 시작하는 Python: {theirs}", f"the workbook starts this Python: {theirs}"), **detail)
    installed = metadata.version("xlwings")
    detail = {"workbook": facts.xlwings, "installed": installed}
    what = Text(
        f"통합 문서의 xlwings {facts.xlwings}, 설치된 xlwings {installed}",
        f"xlwings {facts.xlwings} in the workbook, {installed} installed",
    )
    if facts.xlwings == installed:
        yield ok("workbook.xlwings", what, **detail)
    else:
        yield failed("workbook.xlwings", ConfigError, what, _AGAIN, **detail)


def _mark(path: Path) -> Finding:
    """The mark that Windows puts on files from the internet, in a stream beside the contents: Excel blocks their macros."""
    id = "workbook.mark"
    try:
        found = re.search(r"ZoneId\s*=\s*(\d)", Path(f"{path}:Zone.Identifier").read_text(encoding="ascii", errors="replace"))
    except OSError:
        found = None
    if found is None or int(found[1]) < _INTERNET:
        return ok(id, Text("인터넷에서 받은 표시가 없습니다.", "it carries no mark of the internet"))
    return warned(
        id,
        Text(
            f"인터넷에서 받은 표시가 있어 매크로가 차단됩니다: {path}",
            f"it carries the mark of a download, so its macros are blocked: {path}",
        ),
        Text(
            "Excel에서 닫고, 탐색기에서 오른쪽 단추 > 속성 > 차단 해제를 누르세요.",
            "Close it, right-click it in Explorer, Properties, Unblock.",
        ),
        zone=int(found[1]),
    )


def _place(path: Path) -> Finding:
    id = "workbook.place"
    if not is_synced(path):
        return ok(id, Text("동기화 폴더 밖에 있습니다.", "it lies in no synchronised folder"))
    return warned(
        id,
        Text(
            f"통합 문서가 클라우드 동기화 폴더에 있습니다: {path}",
            f"the workbook lies in a folder that a cloud service synchronises: {path}",
        ),
        Text(
            "데스크톱 Excel에서 여세요. 매크로가 막히면 `kis-xl install --folder` 로 다른 폴더에 두세요.",
            "Open it in desktop Excel. If its macros are blocked, put it elsewhere with kis-xl install --folder.",
        ),
    )
