"""The daily report by the operating system's own scheduler: installed, looked after, removed.

    install()    the scheduler is told to start `kis-xl schedule run` after each close
    status()     what became of the last planned run, when the next one is, what the scheduler itself says
    remove()     nothing of it is left

plan: when and what · checks: before it is installed · running: the run itself · runs: what the runs did · sign: of a failure ·
windows, launchd, systemd, cron: one scheduler each · system: what they share
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kis_xl import kst, trading
from kis_xl.errors import ConfigError, OutputError, reason_of
from kis_xl.language import Text
from kis_xl.schedule import plan as plans
from kis_xl.schedule import runs, sign
from kis_xl.schedule.checks import check_start, unseen, writable
from kis_xl.schedule.plan import Job, Plan

if TYPE_CHECKING:
    from kis_xl.schedule.system import Found, Scheduler
    from kis_xl.settings import Settings

__all__ = ["Planned", "Status", "install", "remove", "status", "supported"]


@dataclass(frozen=True)
class Planned:
    """What `install` did: the scheduler, the next run, the reports' folder, where the schedule now stands, what to know."""

    scheduler: Text
    plan: Plan
    next: datetime | None
    reports: Path
    places: tuple[str, ...]
    notes: tuple[Text, ...]


@dataclass(frozen=True)
class Status:
    """How the scheduled report is doing. Without a plan there is none; `found` may still know of one whose plan is gone."""

    scheduler: Text | None
    plan: Plan | None
    found: Found | None
    last: runs.Verdict
    next: datetime | None
    reports: Path
    closed_days: Path
    notes: tuple[Text, ...]


def supported() -> Text | None:
    """The name of the scheduler that would be used here; None where there is none."""
    chosen = _usable()
    return chosen.caption if chosen else None


def install(settings: Settings, *, at: str | None = None, output: str | None = None) -> Planned:
    """Schedule the daily report of all accounts `at` HH:MM (KST) into the folder `output`, replacing what was scheduled.

    Raises ConfigError (no account, no scheduler, an installation that a scheduler cannot start), ArgumentError, or OutputError
    (what the scheduler refused, a folder that cannot be written).
    """
    if not settings.account_names():
        settings.account()  # raises, and says how an account is set up
    folder, scheduler = settings.folder, _chosen()
    plan = Plan(
        at=plans.DEFAULT_AT if at is None else plans.read_time(at),
        since=kst.now().replace(microsecond=0),
        scheduler=scheduler.kind,
        language=settings.language,
        output=None if output is None else writable(output),
    )
    before, job = Plan.load(folder), _job(plan, settings)
    check_start(job.words)
    closed = plans.offer_closed_file(folder)
    plan.save(folder)  # before anything can start a run
    try:
        places = scheduler.install(job)
    except (ConfigError, OutputError):
        _put_back(before, settings)
        raise
    if before is not None and before.scheduler != plan.scheduler:
        _remove_from(before.scheduler, job.mark, certain=False)
    if before is not None and before.reports(folder) != plan.reports(folder):
        sign.take_away([before.reports(folder)])
    days = plans.closed_days(folder)
    notes = (*_notes(plan, settings, scheduler), Text(f"쉬는 날을 더하려면: {closed}", f"to add a closure: {closed}"))
    return Planned(scheduler.caption, plan, days.next(plan.at, plan.since), plan.reports(folder), places, notes)


def status(settings: Settings) -> Status:
    """How the scheduled report is doing. Asks the scheduler, changes nothing."""
    folder, now = settings.folder, kst.now()
    plan, days = Plan.load(folder), plans.closed_days(folder)
    scheduler = _by_kind(plan.scheduler) if plan else _usable()
    reports = plan.reports(folder) if plan else folder.path / "reports"
    job = _job(plan or Plan(plans.DEFAULT_AT, now, "", settings.language), settings)
    found = scheduler.find(job) if scheduler else None
    last = runs.verdict(plan, runs.load(folder), days, now) if plan else runs.Verdict(runs.Outcome.NONE)
    notes = _doubts(plan, found)
    if plan and scheduler:
        notes += unseen(scheduler)
    following = days.next(plan.at, now) if plan else None
    caption = scheduler.caption if scheduler else None
    return Status(caption, plan, found, last, following, reports, trading.closed_file(folder), tuple(notes))


def remove(settings: Settings) -> bool:
    """Take the schedule, its plan, its record and its sign away; whether there was anything. Raises OutputError."""
    folder = settings.folder
    plan = Plan.load(folder)
    mark = plans.mark(folder)
    removed = [_remove_from(each.kind, mark, certain=plan is not None and plan.scheduler == each.kind) for each in _all()]
    sign.take_away([plan.reports(folder) if plan else folder.path / "reports", folder.path / "reports"])
    ours = folder.path / plans.PART
    was_planned = plans.plan_file(folder).exists()
    for path in (plans.plan_file(folder), ours / "runs.json", ours / "run.lock"):
        _delete(path)
    if plans.is_untouched(trading.closed_file(folder)):
        _delete(trading.closed_file(folder))
    with suppress(OSError):  # the user's list of closures may be in it
        ours.rmdir()
    return any(removed) or was_planned


def _all() -> list[Scheduler]:
    """The schedulers of this operating system, the better one first."""
    if sys.platform == "win32":
        from kis_xl.schedule.windows import TaskScheduler  # noqa: PLC0415 (a system has one)

        return [TaskScheduler()]
    if sys.platform == "darwin":
        from kis_xl.schedule.launchd import LaunchAgent  # noqa: PLC0415 (a system has one)

        return [LaunchAgent()]
    from kis_xl.schedule.cron import Crontab  # noqa: PLC0415 (a system has one)
    from kis_xl.schedule.systemd import UserTimer  # noqa: PLC0415 (a system has one)

    return [UserTimer(), Crontab()]


def _usable() -> Scheduler | None:
    return next((each for each in _all() if each.works()), None)


def _chosen() -> Scheduler:
    chosen = _usable()
    if chosen is None:
        from kis_xl.schedule.system import no_scheduler  # noqa: PLC0415 (as above)

        raise no_scheduler()
    return chosen


def _by_kind(kind: str) -> Scheduler | None:
    return next((each for each in _all() if each.kind == kind), None)


def _remove_from(kind: str, mark: str, *, certain: bool) -> bool:
    """Remove our entry from a scheduler. One that is not certain to have it may refuse, or not be there."""
    scheduler = _by_kind(kind)
    try:
        return scheduler is not None and scheduler.remove(mark)
    except OutputError:
        if certain:
            raise
        return False


def _put_back(before: Plan | None, settings: Settings) -> None:
    """The plan that was there before an install that failed."""
    if before is None:
        plans.plan_file(settings.folder).unlink(missing_ok=True)
    else:
        before.save(settings.folder)


def _job(plan: Plan, settings: Settings) -> Job:
    start = plans.closed_days(settings.folder).next(plan.at, kst.now()) or plan.since
    return Job(plans.command(settings.folder, plan.language), plan.at, start, plans.mark(settings.folder))


def _notes(plan: Plan, settings: Settings, scheduler: Scheduler) -> list[Text]:
    notes = [scheduler.note]
    if plans.is_in_session(plan.at):
        notes.append(
            Text(
                "그 시각은 장중이라 종가가 아닙니다(KRX 마감 15:30).", "At that time KRX is still trading (until 15:30): no closing prices."
            )
        )
    return notes + unseen(scheduler)


def _doubts(plan: Plan | None, found: Found | None) -> list[Text]:
    if plan is None:
        if found is not None and found.there:
            return [
                Text(
                    "스케줄러에는 예약이 있지만 그 계획을 읽을 수 없습니다: `kis-xl schedule install` 또는 `remove` 를 실행하세요.",
                    "the scheduler has a schedule whose plan cannot be read: run `kis-xl schedule install`, or `remove`",
                )
            ]
        return []
    if found is None or not found.there:
        return [
            Text(
                "스케줄러에 예약이 없습니다: `kis-xl schedule install` 을 다시 실행하세요.",
                "the scheduler does not have it: run `kis-xl schedule install` again",
            )
        ]
    if not found.current:
        return [
            Text(
                "예약이 지금의 설치와 다릅니다(Python, 시간대, 데이터 폴더): `kis-xl schedule install` 을 다시 실행하세요.",
                "what is scheduled is not of this installation (Python, time zone, data folder): run `kis-xl schedule install` again",
            )
        ]
    return []


def _delete(path: Path) -> None:
    try:
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        reason = reason_of(error)
    else:
        return
    raise OutputError(Text(f"파일을 지울 수 없습니다: {path} ({reason})", f"the file cannot be deleted: {path} ({reason})"))
