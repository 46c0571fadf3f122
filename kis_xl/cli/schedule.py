"""`kis-xl schedule`: the daily report by the operating system's own scheduler.

What the scheduler starts is `schedule run`; so may a user, to make up what failed or was missed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from kis_xl.cli.asking import on_terminal
from kis_xl.cli.group import CommandGroup
from kis_xl.cli.telling import tell
from kis_xl.datafolder import DataFolder
from kis_xl.language import LANGUAGES, Text
from kis_xl.redaction import one_line, redact

if TYPE_CHECKING:
    from datetime import datetime

    from kis_xl.schedule import Status
    from kis_xl.schedule.runs import Verdict
    from kis_xl.settings import Settings

T = TypeVar("T")
_ABOUT = {
    "install": Text(
        "매 거래일 장 마감 뒤 모든 계좌의 보고서를 만들도록 예약합니다", "schedule the reports of all accounts after each close"
    ),
    "status": Text("마지막 실행과 다음 실행을 보여 줍니다", "show the last run and the next one"),
    "remove": Text("예약을 지웁니다", "remove the schedule"),
    "run": Text(
        "실패했거나 실행되지 않은 예약 보고서를 지금 만듭니다(스케줄러도 이것을 실행)",
        "make up the scheduled report that failed or was missed (what the scheduler starts, too)",
    ),
}
schedule = CommandGroup(
    "schedule",
    __name__,
    _ABOUT,
    Text(
        "운영체제의 스케줄러로 매 거래일 보고서를 만듭니다. 관리자 권한은 필요 없습니다.",
        "Make the daily report by the operating system's own scheduler. No rights of an administrator are needed.",
    ),
)


@schedule.command("install", help=_ABOUT["install"].in_())
@click.option("--at", metavar="HH:MM", help=Text("한국 시각 (기본 16:00)", "the time in Korea (default 16:00)").in_())
@click.option(
    "--output",
    metavar="DIR",
    help=Text("보고서 폴더. 기본은 데이터 폴더의 reports", "the reports' folder; default: reports in the data folder").in_(),
)
def install(at: str | None, output: str | None) -> None:
    """Schedule it, replacing what was scheduled."""
    from kis_xl.schedule import install as install_schedule  # noqa: PLC0415 (help need not wait for it)
    from kis_xl.settings import Settings  # noqa: PLC0415 (as above)

    done = install_schedule(Settings.load(), at=at, output=output)
    _say(Text("예약했습니다", "scheduled"), _times(f"{done.plan.at:%H:%M}", done.scheduler))
    _say(Text("다음 실행", "next run"), _moment(done.next))
    _say(Text("보고서 폴더", "reports"), str(done.reports))
    for place in done.places:
        _say(Text("등록한 곳", "where it stands"), place)
    _note(done.notes)


@schedule.command("status", help=_ABOUT["status"].in_())
def status() -> None:
    """Show how it is doing."""
    from kis_xl.schedule import status as status_of  # noqa: PLC0415 (as above)
    from kis_xl.settings import Settings  # noqa: PLC0415 (as above)

    now = status_of(Settings.load())
    if now.plan is None or now.scheduler is None:
        click.echo(
            Text("예약이 없습니다. 만들기: `kis-xl schedule install`", "nothing is scheduled; to do so: `kis-xl schedule install`").in_()
        )
    else:
        _show(now)
    _note(now.notes)


def _show(now: Status) -> None:
    assert now.plan is not None  # noqa: S101
    assert now.scheduler is not None  # noqa: S101
    _say(Text("예약", "scheduled"), _times(f"{now.plan.at:%H:%M}", now.scheduler))
    said = "" if now.found is None else now.found.said
    there = now.found is not None and now.found.there
    state = Text("등록됨", "registered") if there else Text("없음", "not there")
    _say(Text("스케줄러", "scheduler"), state.in_() + (f" ({redact(said)})" if said else ""))
    _say(Text("마지막 예정", "last planned run"), _outcome(now.last))
    for result in now.last.run.results if now.last.run is not None else ():
        click.echo(f"  {one_line(result.line().in_())}")
        if result.hint.in_():
            click.echo(f"  hint: {one_line(result.hint.in_())}")
    _say(Text("다음 예정", "next planned run"), _moment(now.next))
    _say(Text("보고서 폴더", "reports"), str(now.reports))
    _say(Text("휴장일 목록", "list of closures"), str(now.closed_days))


def _outcome(last: Verdict) -> str:
    from kis_xl.schedule.runs import Outcome, broken_off  # noqa: PLC0415 (as above)

    shown = {
        Outcome.NONE: Text("아직 없음", "none yet"),
        Outcome.DUE: Text("곧 실행됩니다", "about to run"),
        Outcome.RUNNING: Text("실행 중", "running"),
        Outcome.DONE: Text("완료", "done"),
        Outcome.FAILED: Text("실패", "failed"),
        Outcome.MISSED: Text("실행되지 않음", "missed"),
    }[last.outcome].in_()
    if last.outcome is Outcome.FAILED and last.run is not None and last.run.ended is None:
        shown += f", {broken_off().in_()}"
    if last.outcome is Outcome.DONE and last.run is not None and last.run.is_of_another_day:
        shown += f", {Text('그날이 아니라 실행한 때의 잔고', 'but of the time of the run, not of that day').in_()}"
    when = "" if last.run is None else f" ({(last.run.ended or last.run.started):%Y-%m-%d %H:%M})"
    return shown if last.planned is None else f"{_moment(last.planned)}: {shown}{when}"


@schedule.command("remove", help=_ABOUT["remove"].in_())
def remove() -> None:
    """Remove it; nothing to remove is no error."""
    from kis_xl.schedule import remove as remove_schedule  # noqa: PLC0415 (as above)
    from kis_xl.settings import Settings  # noqa: PLC0415 (as above)

    done = remove_schedule(Settings.load())
    click.echo((Text("예약을 지웠습니다.", "the schedule is removed") if done else Text("예약이 없습니다.", "nothing is scheduled")).in_())


@schedule.command("run", help=_ABOUT["run"].in_())
@click.option("--home", metavar="DIR", help=Text("데이터 폴더", "the data folder").in_())
@click.option("--lang", "language", type=click.Choice(LANGUAGES), help=Text("언어", "the language").in_())
@click.option("--now", "at_once", is_flag=True, help=Text("예정이 없어도", "even where nothing is due").in_())
def run(home: str | None, language: str | None, at_once: bool) -> int:
    """Do what is due. A scheduler passes no environment on, so the data folder and the language are arguments."""
    from kis_xl.schedule.running import run as run_due  # noqa: PLC0415 (as above)
    from kis_xl.settings import Settings  # noqa: PLC0415 (as above)

    for variable, value in (("KIS_XL_HOME", home), ("KIS_XL_LANG", language)):
        if value is not None:
            os.environ[variable] = value
    # settings that cannot be read are a failure of the run, to be recorded in a folder that does not depend on them
    folder = Settings.load().folder if home is None else DataFolder(Path(home))
    return run_due(
        folder,
        lambda: _told("", lambda: _jobs(Settings.load())),
        at_once=at_once,
        patient=not on_terminal(),
        say=lambda why: click.echo(why.in_()),
    )


def _jobs(settings: Settings) -> dict[str, Callable[[], Path]]:
    """What writes the report of each account. Raises KisError."""
    from kis_xl.cli.export import export_one  # noqa: PLC0415 (as above)
    from kis_xl.cli.reporting import Place  # noqa: PLC0415 (as above)
    from kis_xl.schedule.plan import Plan  # noqa: PLC0415 (as above)

    plan = Plan.load(settings.folder)
    output = None if plan is None or plan.output is None else f"{plan.output}/"
    place = Place.read(output, settings)
    names = settings.account_names() or (settings.account().name,)  # none is an error, which says how one is set up

    def job(name: str) -> Path:
        path = export_one(settings, settings.account(name), place, None, {})
        click.echo(path)
        return path

    return {name: partial(_told, name, partial(job, name)) for name in names}


def _told(whose: str, work: Callable[[], T]) -> T:
    """What `work` gives; its error is told here, for who looks on, and to the record by who catches it."""
    try:
        return work()
    except Exception as error:
        tell(error, debug=bool(click.get_current_context().obj), whose=whose)
        raise


def _times(at: str, scheduler: Text) -> str:
    return Text(f"매 거래일 {at} (한국 시각), {scheduler.ko}", f"each trading day at {at} (KST), {scheduler.en}").in_()


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d %H:%M} KST"


def _say(caption: Text, value: str) -> None:
    click.echo(f"{caption.in_()}: {value}")


def _note(notes: Iterable[Text]) -> None:
    for note in notes:
        click.echo(f"note: {note.in_()}", err=True)
