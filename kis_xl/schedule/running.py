"""The run that the scheduler starts: whether anything is due, the accounts one after the other, the record and the sign.

A scheduler may start it more often than needed (at each login, twice where clocks change in summer): what is not due ends at
once. So a run that failed or was missed is made up at the next start, also when that is on a day without trading.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from kis_xl import kst
from kis_xl.datafolder import DataFolder
from kis_xl.errors import KisError, NetworkError, RateLimitError
from kis_xl.language import Language, Text, current
from kis_xl.logs import log_to
from kis_xl.redaction import get_logger
from kis_xl.schedule import sign
from kis_xl.schedule.plan import DEFAULT_AT, PART, Plan, TradingDays, closed_days
from kis_xl.schedule.runs import Result, Run, due, ended, is_done, load, missed, record

_log = get_logger(__name__)
#: A scheduler's clock may be a little early.
_EARLY: Final = timedelta(minutes=1)
#: After a machine has woken up, its network may take longer than a fetch is patient.
AGAIN_AFTER: Final = 600.0

#: Writes the report of one account; its path.
Export = Callable[[], Path]
#: The accounts by name. Made within the run, so that settings which cannot be read are told as any failure is.
Jobs = Callable[[], Mapping[str, Export]]


def run(
    folder: DataFolder,
    jobs: Jobs,
    *,
    at_once: bool = False,
    patient: bool = True,
    say: Callable[[Text], object] = lambda _: None,
    language: Language | None = None,
) -> int:
    """Do what is due, or with `at_once` whatever is; the exit code of the first account that failed, 0 where nothing is due.

    Why nothing is done is told to `say`. With somebody waiting, not `patient`, what may pass is not tried once more. Raises
    ConfigError or OutputError where the data folder cannot be written.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 (KIS_STATUS reads the record and needs no lock)

    log = log_to(folder)
    now = kst.now()
    plan = Plan.load(folder) or Plan(DEFAULT_AT, now - timedelta(days=1), "", language or current())
    days = closed_days(folder)
    try:
        with FileLock(folder.part(PART) / "run.lock", timeout=0, mode=0o600):
            runs = load(folder)
            planned = due(plan, runs, days, now + _EARLY)
            if planned is None and not at_once:
                why_not = _why_not(plan, runs, days, now)
            else:
                return _do(folder, plan, Run(planned, now), partial(_all, jobs, patient=patient), log)
    except Timeout:
        why_not = Text("다른 실행이 진행 중입니다", "another run is under way")
    _log.info("scheduled report: %s", why_not.en)
    say(why_not)
    return 0


def _why_not(plan: Plan, runs: list[Run], days: TradingDays, now: datetime) -> Text:
    if not days.trades(now.date()):
        return Text("거래일이 아니고 밀린 것도 없습니다", "no trading day, nothing to make up")
    planned = days.latest(plan.at, now + _EARLY)
    if planned is not None and is_done(runs, planned):
        return Text(f"{planned:%Y-%m-%d %H:%M} 예정은 끝났습니다", f"the one of {planned:%Y-%m-%d %H:%M} is done")
    return Text("아직 예정된 것이 없습니다", "none is due yet")


def _do(folder: DataFolder, plan: Plan, begun: Run, work: Callable[[], tuple[int, list[Result]]], log: Path | None) -> int:
    skipped = [] if begun.planned is None else missed(plan, load(folder), closed_days(folder), begun.planned)
    if skipped:
        _log.warning("scheduled report: missed %s", ", ".join(f"{moment:%Y-%m-%d}" for moment in skipped))
    record(folder, begun)
    _log.info("scheduled report: begins, planned for %s", begun.planned and f"{begun.planned:%Y-%m-%d %H:%M}")
    code, results = work()
    done = ended(begun, kst.now(), code, results)
    record(folder, done)
    sign.update(plan, folder, done, skipped, log)
    _log.info("scheduled report: ends with %d", code)
    return code


def _all(jobs: Jobs, *, patient: bool) -> tuple[int, list[Result]]:
    """All accounts; those whose fault may pass once more, later, if `patient`. The exit code and a result an account."""
    try:
        exports = dict(jobs())
    except Exception as error:  # noqa: BLE001 (whatever it is, nobody watches: the record and the sign must tell it)
        return _code(error), [_told("", error)]
    outcomes = {name: _one(name, export) for name, export in exports.items()}
    again = [name for name, (error, _) in outcomes.items() if isinstance(error, NetworkError | RateLimitError)]
    if again and patient:
        _log.info("scheduled report: once more in %.0f s: %s", AGAIN_AFTER, ", ".join(again))
        time.sleep(AGAIN_AFTER)
        outcomes |= {name: _one(name, exports[name]) for name in again}
    codes = [_code(error) for error, _ in outcomes.values() if error is not None]
    return (codes[0] if codes else 0), [result for _, result in outcomes.values()]


def _one(name: str, export: Export) -> tuple[Exception | None, Result]:
    try:
        path = export()
    except Exception as error:  # noqa: BLE001 (see _all; the other accounts have their reports nevertheless)
        return error, _told(name, error)
    _log.info("scheduled report: %s: %s", name, path)
    return None, Result(name, str(path))


def _told(name: str, error: Exception) -> Result:
    result = Result.of_error(name, error)
    _log.error("scheduled report: %s", result.line().in_(), exc_info=None if isinstance(error, KisError) else error)
    return result


def _code(error: Exception) -> int:
    return error.exit_code if isinstance(error, KisError) else KisError.exit_code
