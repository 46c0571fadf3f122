"""What was done lately: the newest snapshot, the scheduled report, the newest report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from kis_xl import kst
from kis_xl.doctor.case import Case
from kis_xl.doctor.finding import Finding, of_error, ok, skipped, warned
from kis_xl.errors import KisError
from kis_xl.language import Text

if TYPE_CHECKING:
    from kis_xl.schedule.runs import Verdict

_SCHEDULE: Final = "runs.schedule"


_AGAIN: Final = Text("`kis-xl schedule install` 을 다시 실행하세요.", "Run kis-xl schedule install again.")
_SET_FOR_ALL: Final = Text(
    "계좌는 `kis-xl setup` 으로 저장하고, 나머지 변수는 사용자 계정 전체에 설정하세요.",
    "Save the account with kis-xl setup, and set the other variables for your user account as a whole.",
)


def snapshots(case: Case) -> Iterator[Finding]:
    """What the cells of each account show."""
    from kis_xl.snapshots import Key, files  # noqa: PLC0415 (nothing else needs it)

    for each in case.accounts:
        if each.account is None:
            yield replace(skipped("runs.snapshot", Text("이 계좌는 읽을 수 없습니다.", "this account cannot be read")), whose=each.whose)
            continue
        key = Key.of(each.account)
        path = case.folder.path / "snapshots" / f"{key.file_name}.json"
        balance = files.load(path, each.account) if path.exists() else None
        yield replace(_of_snapshot(None if balance is None else balance.as_of, there=path.exists()), whose=each.whose)


def _of_snapshot(as_of: datetime | None, *, there: bool) -> Finding:
    id = "runs.snapshot"
    if as_of is not None:
        when = f"{as_of:%Y-%m-%d %H:%M}"
        return ok(id, Text(f"마지막 조회: {when}", f"last fetched: {when} KST"), as_of=as_of.isoformat(timespec="seconds"))
    if there:
        return warned(
            id,
            Text(
                "저장된 잔고를 읽을 수 없습니다 (다른 버전이 만들었거나 손상됨).",
                "the stored balance cannot be read: damaged, or another version's",
            ),
            Text("다시 조회하세요: 새로고침 단추 또는 `kis-xl balance`", "Fetch it again: the refresh button, or kis-xl balance."),
        )
    return skipped(id, Text("아직 조회한 적이 없습니다.", "not fetched yet"))


def schedule(case: Case) -> Iterator[Finding]:
    """The daily report by the system's scheduler."""
    from kis_xl import schedule as schedules  # noqa: PLC0415 (the calendar and the schedulers: only here)
    from kis_xl.schedule import plan, runs  # noqa: PLC0415

    if plan.Plan.load(case.folder) is None:
        yield skipped(_SCHEDULE, Text("예약된 보고서가 없습니다.", "no report is scheduled"))
        return
    try:
        found = schedules.status(case.settings)
    except KisError as error:
        yield of_error(_SCHEDULE, error)
        return
    last, following = found.last, "" if found.next is None else f"{found.next:%Y-%m-%d %H:%M}"
    codes = [] if last.run is None else sorted({result.code for result in last.run.results if not result.ok})
    detail: dict[str, object] = {
        "last": last.outcome.value,
        "planned": None if last.planned is None else last.planned.isoformat(),
        "next": None if found.next is None else found.next.isoformat(),
        "codes": codes,
    }
    if last.outcome in (runs.Outcome.FAILED, runs.Outcome.MISSED):
        yield _of_failure(last, codes, detail)
    elif found.notes:
        ours = found.found is not None and found.found.there and found.found.current
        said = "" if found.found is None or ours else found.found.said
        yield Finding(_SCHEDULE, "warn", found.notes[0], _SET_FOR_ALL if ours else _AGAIN, detail, private=said)
    else:
        yield ok(_SCHEDULE, Text(f"예약 보고서: 다음 {following}", f"the scheduled report: next at {following} KST"), **detail)


def _of_failure(last: Verdict, codes: list[str], detail: dict[str, object]) -> Finding:
    from kis_xl.schedule import runs  # noqa: PLC0415 (as above)

    when = "" if last.planned is None else f"{last.planned:%Y-%m-%d %H:%M}"
    listed = f" ({', '.join(codes)})" if codes else ""
    what = Text(f"예약 보고서가 실패했습니다: {when}{listed}", f"the scheduled report failed: {when} KST{listed}")
    if last.outcome is runs.Outcome.MISSED:
        what = Text(f"예약 보고서가 실행되지 않았습니다: {when}", f"the scheduled report was missed: {when} KST")
    cure = Text(
        "지금 만들려면 `kis-xl schedule run`, 자세히 보려면 `kis-xl schedule status` 를 실행하세요.",
        "Make it now with kis-xl schedule run; see the details with kis-xl schedule status.",
    )
    told = runs.trouble(last)
    return Finding(_SCHEDULE, "warn", what, cure, detail, private="" if told is None else told.in_())


def report(case: Case) -> Iterator[Finding]:
    """The newest report in its usual folder."""
    id = "runs.report"
    found = [(path.stat().st_mtime, path) for path in (case.folder.path / "reports").glob("KIS_*.xlsx") if path.is_file()]
    if not found:
        yield skipped(id, Text("데이터 폴더에 보고서가 아직 없습니다.", "there is no report in the data folder yet"))
        return
    written, path = max(found)
    when = datetime.fromtimestamp(written, kst.KST)
    what = Text(f"마지막 보고서: {when:%Y-%m-%d %H:%M}", f"newest report: {when:%Y-%m-%d %H:%M} KST")
    # its name holds the account's
    yield replace(ok(id, what, written=when.isoformat(timespec="seconds"), count=len(found)), private=str(path))
