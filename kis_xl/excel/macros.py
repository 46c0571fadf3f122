"""What the workbook's buttons call, through the same server as the functions.

A macro starts a job (`start_refresh`, `start_export`) and polls it until it has ended, with Excel alive in between.
Answers are single texts or one row; a failure to start is a text `#KIS! CODE: message`, as in a cell.
"""

from __future__ import annotations

import functools
import os
from typing import Any

from kis_xl import __version__, trading
from kis_xl.errors import KisError
from kis_xl.excel import arguments, failures, session, status
from kis_xl.excel import formats as formats_of
from kis_xl.excel.jobs import Export, Job, Refresh, Report
from kis_xl.excel.options import read as read_options
from kis_xl.excel.registry import Function
from kis_xl.language import LANGUAGES, Text

#: A poll waits so long for a change, so that a macro need not spin; Excel is unresponsive meanwhile.
POLL_SECONDS = 0.2
_NOTHING = Text("진행 중인 작업이 없습니다.", "nothing is going on")
_job: Job | None = None


def macro(function: Function) -> Function:
    """Have the workbook call `function`; what it raises becomes a text."""

    @functools.wraps(function)
    def answered(*given: Any) -> Any:
        try:
            return function(*given)
        except Exception as error:  # noqa: BLE001 (a button tells what went wrong, whatever it was)
            known = failures.of(error, function.__name__)
            return [[failures.cell(known, session.language())]]

    if os.name != "nt":
        return answered
    import xlwings  # noqa: PLC0415 (see registry)

    decorated: Function = xlwings.func(answered)
    return decorated


@macro
def hello(language: Any = None) -> Any:
    """The first call of a workbook: its language (`ko`, `en`, blank for the user's). Returns the version."""
    wanted = arguments.text(language, Text("language", "language")).lower()
    session.speak(next((known for known in LANGUAGES if known == wanted), None))
    return __version__


@macro
def start_refresh(account: Any = None, options: Any = None) -> Any:
    """Begin to fetch the workbook's account and every other snapshot that its cells show."""
    global _job
    now = session.renew()
    now.snapshots.state(now.key(account, read_options(options)))  # the sheet's own, whether or not a cell shows it yet
    _job = Refresh(now.snapshots, now.shown_keys(), now.language)
    return ""


@macro
def start_export(account: Any = None, options: Any = None) -> Any:
    """Begin to write the report of what the cells show."""
    global _job
    now = session.current()
    key = now.key(account, read_options(options))
    _job = Export(now.snapshots, key, now.settings.folder.part("reports"), now.language)
    return ""


@macro
def poll(seconds: Any = POLL_SECONDS) -> Any:
    """How far the job is: stage (running, done, failed, cancelled), line for the status bar, message, path."""
    report = Report("failed", _NOTHING.in_(session.language())) if _job is None else _job.poll(float(seconds or 0))
    return [[report.stage, report.line, report.message, report.path]]


@macro
def cancel() -> Any:
    """Call the job off."""
    if _job is not None:
        _job.cancel()
    return ""


@macro
def check(account: Any = None) -> Any:
    """A message that tells whether an authenticated call goes through, and if not why and what to do."""
    now = session.renew()
    try:
        return status.ping(now, account)
    except KisError as error:
        now.failed(error)
        lines = (f"{error.code}: {error.message(now.language)}", error.hint.in_(now.language))
        return "\n".join(line for line in lines if line)


@macro
def is_trading() -> Any:
    """Whether stocks are traded now, so that an automatic refresh is worth a call."""
    return trading.is_open()


@macro
def formats(captions: Any) -> Any:
    """The number format for each caption or API key of a table's header; "" where it is none."""
    wanted = [formats_of.for_caption(arguments.as_text(caption or "")) for caption in arguments.line(captions).values]
    return [wanted or [""]]


@macro
def our_formats() -> Any:
    """All formats that `formats` gives, each between line feeds: what a refresh may replace by another of them."""
    return "\n" + "\n".join(formats_of.all_formats()) + "\n"
