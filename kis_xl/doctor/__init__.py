"""Whether all that is needed works, from Python to an authenticated call, and what to mend.

    finding        what is found: verdict, words, cure    case      what is looked at
    python         Python and packages                    network   to the service's host: `route`, `tls`, `answering`
    configuration  settings, accounts, keys               service   token, limits, one call
    folder         the data folder                        runs, log what happened lately
    workbook       Excel and its workbooks                public    what may be pasted in public; `paths`

Each check is made, whatever the others have found; one that crashes is a finding, too.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePath
from typing import Final

from kis_xl.doctor import configuration, folder, log, python, runs, service, workbook
from kis_xl.doctor.case import Case, take_up
from kis_xl.doctor.finding import Finding, exit_code, failed, first_to_mend, skipped
from kis_xl.errors import KisError
from kis_xl.fields import Environment
from kis_xl.language import Text
from kis_xl.redaction import get_logger

__all__ = ["Case", "Finding", "examine", "exit_code", "first_to_mend", "take_up"]

_log = get_logger(__name__)
Check = Callable[[Case], Iterator[Finding]]

#: Each by the finding that a crash of it is told as.
_BEFORE: Final[tuple[tuple[str, Check], ...]] = (
    ("python.version", python.python_version),
    ("python.packages", python.packages),
    ("python.command", python.command),
    ("python.encoding", python.encoding),
    ("python.excel", python.python_for_excel),
    ("settings.variables", configuration.variables),
    ("settings.file", configuration.file),
    ("settings.accounts", configuration.accounts),
    ("settings.secrets", configuration.secrets),
    ("settings.leftovers", configuration.leftovers),
    ("folder.place", folder.place),
    ("folder.writing", folder.writing),
    ("folder.space", folder.space),
    ("folder.permissions", folder.permissions),
    ("folder.locks", folder.locks),
    ("folder.history", folder.history),
)
_AFTER: Final[tuple[tuple[str, Check], ...]] = (
    ("runs.snapshot", runs.snapshots),
    ("runs.schedule", runs.schedule),
    ("runs.report", runs.report),
    ("log.lines", log.log),
    ("excel.program", workbook.program),
    ("excel.macros", workbook.macros),
    ("workbook.version", workbook.workbooks),
)


def examine(case: Case) -> Iterator[Finding]:
    """Every finding, as it is made: groups follow each other as in `finding.GROUPS`. Takes some 20 s where nothing answers."""
    reachable: set[str] = set()

    def network(case: Case) -> Iterator[Finding]:
        hosts = _hosts(case)
        if case.offline or not hosts:
            yield _no_network(case)
            return
        from kis_xl.doctor.network import examine as examine_network  # noqa: PLC0415 (the HTTP library)

        for host, finding in examine_network(hosts):
            if (finding.id, finding.verdict) == ("network.host", "ok"):
                reachable.add(host)
            yield finding

    def the_service(case: Case) -> Iterator[Finding]:
        yield from service.service(case, reachable)

    between: tuple[tuple[str, Check], ...] = (("network.host", network), ("service.call", the_service))
    for id, check in (*_BEFORE, *between, *_AFTER):
        yield from _safely(id, check, case)


def _hosts(case: Case) -> list[str]:
    """The hosts of the accounts; the official ones where there is no account yet."""
    if not case.accounts:
        return [environment.host for environment in Environment]
    return list(dict.fromkeys(each.host for each in case.accounts if each.host))


def _no_network(case: Case) -> Finding:
    if case.offline:
        return skipped("network.host", Text("--offline 이라 점검하지 않았습니다.", "not looked at: --offline"))
    return skipped(
        "network.host", Text("연습 계좌뿐이라 네트워크가 필요 없습니다.", "there are practice accounts only, which need no network")
    )


def _safely(id: str, check: Check, case: Case) -> Iterable[Finding]:
    """What a check finds; where it crashes, what it has found by then and that it has crashed."""
    try:
        yield from check(case)
    except Exception as error:  # noqa: BLE001 (a doctor goes on, whatever happens)
        _log.error("the check %s has crashed", id, exc_info=error)
        fault = error
    else:
        return
    kind, where = type(fault).__name__, _place_of(fault)
    yield failed(
        id,
        KisError,
        Text(f"이 점검이 멈췄습니다: {kind} ({where})", f"this check has crashed: {kind} ({where})"),
        Text(
            "kis_xl의 버그입니다. `kis-xl doctor --json` 의 결과를 알려 주세요.",
            "This is a bug in kis_xl: report what `kis-xl doctor --json` shows.",
        ),
        exception=kind,
        place=where,
    )


def _place_of(error: Exception) -> str:
    """The last line of ours that an exception came through."""
    ours = [
        f"{'/'.join(PurePath(frame.filename).parts[-2:])}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "kis_xl" in PurePath(frame.filename).parts
    ]
    return ours[-1] if ours else ""
