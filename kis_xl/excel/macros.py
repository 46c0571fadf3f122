"""What the workbook's buttons call, through the same server as the functions.

A macro starts a job (`start_refresh`, `start_export`) and polls it until it has ended, with Excel alive in between.
Answers are single texts or one row. What goes wrong is told by the next poll; elsewhere by a text `#KIS! CODE: message`.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

from kis_xl import __version__, trading
from kis_xl.errors import DataError, KisError
from kis_xl.excel import arguments, failures, session, status
from kis_xl.excel import formats as formats_of
from kis_xl.excel.jobs import Ended, Export, Exports, Job, Refresh, Report, words
from kis_xl.excel.options import read as read_options
from kis_xl.excel.registry import Function
from kis_xl.excel.session import keys_in, name_of
from kis_xl.excel.several import OfAccount
from kis_xl.excel.values import clipped
from kis_xl.language import LANGUAGES, Text
from kis_xl.snapshots import Key

#: A poll waits so long for a change, so that a macro need not spin; Excel is unresponsive meanwhile.
POLL_SECONDS = 0.2
_NOTHING = Text("진행 중인 작업이 없습니다.", "nothing is going on")
#: What a macro that starts a job answers where there is nothing to do.
NOTHING_TO_DO = "none"
_BUSY = Text("다른 통합 문서의 작업이 진행 중입니다.", "a job of another workbook is going on")
_LATER = Text("끝난 뒤 다시 누르세요.", "Press again when it has ended.")
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


def _starting(make: Callable[[Any, Any], Job | None]) -> Function:
    """A macro that starts the job that `make` gives. What keeps it from starting is what the first poll tells."""

    def started(account: Any = None, options: Any = None) -> Any:
        global _job
        if _job is not None and _job.poll(0).stage == "running":
            raise DataError(_BUSY, _LATER)  # it would never be adopted, and its workbook told of this one's
        try:
            _job = make(account, options)
        except Exception as error:  # noqa: BLE001 (see macro)
            _job = Ended(failures.of(error, make.__name__), session.language())
        return NOTHING_TO_DO if _job is None else ""

    started.__name__, started.__doc__ = make.__name__, make.__doc__
    return macro(started)


@_starting
def start_refresh(account: Any, options: Any) -> Job:
    """Begin to fetch the workbook's account (all for `*`), and every other snapshot that cells have asked for since the last refresh."""
    now = session.renew()
    now.failure = None
    now.renewed.clear()
    usual = now.each(account)
    own = (*usual, *now.each(account, read_options(options)))  # whether or not a cell has asked for them yet
    unasked = [failed for failed in usual if isinstance(failed, OfAccount)]
    return _refresh(now, tuple(dict.fromkeys((*keys_in(own), *now.asked_keys()))), unasked)


@_starting
def start_rest(account: Any, options: Any) -> Job | None:
    """Begin to fetch what the last refresh left out: snapshots for which cells asked only when they were computed after it.

    That is so after a saved workbook was opened, whose cells Excel does not compute. None, and nothing to do, otherwise.
    """
    now = session.current()
    rest = tuple(key for key in now.asked_keys() if key not in now.renewed)
    is_down = isinstance(_job, Refresh) and not _job.brought  # then it would fail too
    return _refresh(now, rest) if rest and not is_down else None


def _refresh(now: session.Session, keys: tuple[Key, ...], unasked: Sequence[OfAccount] = ()) -> Job:
    return Refresh(now.snapshots, keys, now.language, lambda: now.refreshed(keys), unasked)


@_starting
def start_export(account: Any, options: Any) -> Job:
    """Begin to write the report of what the cells show; for `*` one an account."""
    now = session.current()
    each, folder = now.each(account, read_options(options)), now.settings.folder.part("reports")
    exports = [(name_of(key), Export(now.snapshots, now.history, key, folder, now.language)) for key in keys_in(each)]
    if not arguments.is_all(account):
        return exports[0][1]
    return Exports(exports, [failed for failed in each if isinstance(failed, OfAccount)], now.language)


@macro
def poll(seconds: Any = POLL_SECONDS) -> Any:
    """How far the job is: stage (running, done, failed, cancelled), line for the status bar, message, path."""
    try:
        report = Report("failed", _NOTHING.in_(session.language())) if _job is None else _job.poll(float(seconds or 0))
    except Exception as error:  # noqa: BLE001 (the macro waits for a report)
        report = Ended(failures.of(error, "poll"), session.language()).poll(0)
    return [[report.stage, clipped(report.line), report.message, report.path]]


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
        return words(error, now.language)


@macro
def is_trading() -> Any:
    """Whether stocks are traded now, so that an automatic refresh is worth a call."""
    return trading.is_open(trades=trading.calendar(session.current().settings.folder))


@macro
def formats(captions: Any) -> Any:
    """The number format for each caption or API key of a table's header; "" where it is none."""
    wanted = [formats_of.for_caption(arguments.as_text(caption or "")) for caption in arguments.line(captions).values]
    return [wanted or [""]]


@macro
def our_formats() -> Any:
    """All formats that `formats` gives, each between line feeds: what a refresh may replace by another of them."""
    return "\n" + "\n".join(formats_of.all_formats()) + "\n"
