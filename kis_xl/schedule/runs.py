"""What the scheduled runs did, and what that says of the last one that was planned: done, failed or missed.

`runs.json` holds the newest sixty. A run is written when it starts and again when it ends, so one that was broken off shows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol

from kis_xl import kst
from kis_xl.datafolder import DataFolder
from kis_xl.errors import KisError
from kis_xl.language import NO_TEXT, Text
from kis_xl.redaction import get_logger, one_line, redact
from kis_xl.schedule.plan import PART, Plan, TradingDays, closed_days, plan_file, put
from kis_xl.trading import closed_file

_log = get_logger(__name__)
KEPT: Final = 60
_FILE: Final = "runs.json"
#: So long after its time a run that has not begun may still come: the machine has just woken up.
_GRACE: Final = timedelta(hours=1)
#: The schedulers end a run after an hour.
_LONGEST: Final = timedelta(hours=2)


class HasFolder(Protocol):
    """What is asked of the settings here."""

    @property
    def folder(self) -> DataFolder:
        """The data folder."""


@dataclass(frozen=True)
class Result:
    """What came of one account: the report's path, or the error. An account without a name: it failed before there was one."""

    account: str
    path: str = ""
    code: str = ""
    what: Text = NO_TEXT
    hint: Text = NO_TEXT

    @classmethod
    def of_error(cls, account: str, error: Exception) -> Result:
        """The result of an account that failed; anything but a KisError is a bug."""
        if isinstance(error, KisError):
            return cls(account, "", error.code, Text(error.message("ko"), error.message("en")), error.hint)
        what = one_line(redact(f"{type(error).__name__}: {error}"))
        hint = Text(
            "kis_xl의 버그입니다. `kis-xl export --all --debug` 로 실행한 내용을 알려 주세요.",
            "This is a bug in kis_xl. Run `kis-xl export --all --debug` and report what it shows.",
        )
        return cls(account, "", KisError.code, Text(what, what), hint)

    @property
    def ok(self) -> bool:
        """Whether there is a report."""
        return not self.code

    def line(self) -> Text:
        """The path, or code and message."""
        if self.ok:
            return Text(self.path, self.path)
        name = f"{self.account}: " if self.account else ""
        return Text(f"{name}{self.code}: {self.what.ko}", f"{name}{self.code}: {self.what.en}")


@dataclass(frozen=True)
class Run:
    """One run. `planned` is the moment that it stands for; None where somebody started it by hand with nothing due."""

    planned: datetime | None
    started: datetime
    ended: datetime | None = None
    exit_code: int | None = None
    results: tuple[Result, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether every account has its report."""
        return self.exit_code == 0

    @property
    def is_of_another_day(self) -> bool:
        """Whether it was made up for on a later day, so that its figures are not those of the day that it stands for."""
        return self.planned is not None and self.started.astimezone(kst.KST).date() != self.planned.astimezone(kst.KST).date()


class Outcome(Enum):
    """What became of a planned run."""

    NONE = "none"  # nothing was planned since `install`
    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    MISSED = "missed"


@dataclass(frozen=True)
class Verdict:
    """What became of the last planned run."""

    outcome: Outcome
    planned: datetime | None = None
    run: Run | None = None


def load(folder: DataFolder) -> list[Run]:
    """The runs, oldest first. A damaged file is logged and counts as empty: it must not keep a report from being made.

    Nor must a run that a clock which was wrong then has put into the future: it stands for no day of that.
    """
    path = folder.path / PART / _FILE
    try:
        runs = [_run(entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
        return [run for run in runs if not kst.is_ahead(run.started)]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        _log.warning("the record of the scheduled runs cannot be read: %s: %s", path, type(error).__name__)
        return []


def record(folder: DataFolder, run: Run) -> None:
    """Keep `run`, in the place of the one that started at the same moment. Raises OutputError."""
    runs = [each for each in load(folder) if each.started != run.started]
    entries = [_entry(each) for each in [*runs, run][-KEPT:]]
    put(folder.path / PART / _FILE, json.dumps(entries, ensure_ascii=False, indent=1))


def is_done(runs: Iterable[Run], planned: datetime) -> bool:
    """Whether a planned run has been done well."""
    return any(run.planned == planned and run.ok for run in runs)


def due(plan: Plan, runs: Iterable[Run], days: TradingDays, moment: datetime) -> datetime | None:
    """The planned moment that a run at `moment` stands for: the last one, unless it is done, or older than the plan."""
    planned = days.latest(plan.at, moment)
    return None if planned is None or planned < plan.since or is_done(runs, planned) else planned


def verdict(plan: Plan, runs: list[Run], days: TradingDays, moment: datetime) -> Verdict:
    """What became of the last run that was planned before `moment`."""
    planned = days.latest(plan.at, moment)
    if planned is None or planned < plan.since:
        return Verdict(Outcome.NONE)
    own = [run for run in runs if run.planned == planned]
    done = next((run for run in own if run.ok), None)
    if done is not None:
        return Verdict(Outcome.DONE, planned, done)
    if not own:
        return Verdict(Outcome.DUE if moment - planned < _GRACE else Outcome.MISSED, planned)
    last = own[-1]
    running = last.ended is None and moment - last.started < _LONGEST
    return Verdict(Outcome.RUNNING if running else Outcome.FAILED, planned, last)


def missed(plan: Plan, runs: list[Run], days: TradingDays, before: datetime) -> list[datetime]:
    """The planned moments after the last recorded run and before `before`: nothing ran for them."""
    stood_for = [run.planned for run in runs if run.planned is not None and run.planned < before]
    return days.between(plan.at, max([plan.since, *stood_for]), before)


def problem(settings: HasFolder) -> Text | None:
    """What is wrong with the scheduled report, in one sentence; None where all is well or nothing is scheduled.

    Cells ask for it again and again: its files are read once a minute, or when one of them has changed.
    """
    folder = settings.folder
    planned = _stamp(plan_file(folder))
    if not planned:
        return None
    stamps = (planned, _stamp(folder.path / PART / _FILE), _stamp(closed_file(folder)))
    return _problem(folder.path, stamps, f"{kst.now():%Y-%m-%d %H:%M}")


@lru_cache(maxsize=4)
def _problem(home: Path, _stamps: tuple[int, ...], _minute: str) -> Text | None:
    folder = DataFolder(home)
    plan = Plan.load(folder)
    return None if plan is None else trouble(verdict(plan, load(folder), closed_days(folder), kst.now()))


def _stamp(path: Path) -> int:
    """When a file was last written; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def trouble(found: Verdict) -> Text | None:
    """The same of a verdict."""
    when = "" if found.planned is None else f"{found.planned:%Y-%m-%d %H:%M}"
    if found.outcome is Outcome.MISSED:
        return Text(f"예약 보고서가 실행되지 않았습니다: {when}", f"the scheduled report was missed: {when} KST")
    if found.outcome is not Outcome.FAILED or found.run is None:
        return None
    first = next((result.line() for result in found.run.results if not result.ok), broken_off())
    return Text(f"예약 보고서 실패({when}): {first.ko}", f"the scheduled report failed ({when} KST): {first.en}")


def broken_off() -> Text:
    """What is said of a run that began and did not end."""
    return Text("도중에 중단되었습니다", "it was broken off")


def ended(run: Run, moment: datetime, code: int, results: Iterable[Result]) -> Run:
    """`run` as it ended."""
    return replace(run, ended=moment, exit_code=code, results=tuple(results))


def _entry(run: Run) -> dict[str, Any]:
    return {
        "planned": None if run.planned is None else run.planned.isoformat(),
        "started": run.started.isoformat(),
        "ended": None if run.ended is None else run.ended.isoformat(),
        "exit_code": run.exit_code,
        "results": [
            {"account": each.account, "path": each.path}
            if each.ok
            else {"account": each.account, "code": each.code, "what": list(each.what), "hint": list(each.hint)}
            for each in run.results
        ],
    }


def _run(entry: dict[str, Any]) -> Run:
    return Run(
        planned=_moment(entry["planned"]),
        started=datetime.fromisoformat(entry["started"]).astimezone(kst.KST),
        ended=_moment(entry["ended"]),
        exit_code=None if entry["exit_code"] is None else int(entry["exit_code"]),
        results=tuple(_result(each) for each in entry["results"]),
    )


def _result(entry: dict[str, Any]) -> Result:
    if "code" not in entry:
        return Result(str(entry["account"]), str(entry["path"]))
    return Result(str(entry["account"]), "", str(entry["code"]), Text(*map(str, entry["what"])), Text(*map(str, entry["hint"])))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(kst.KST)
