"""When a report is due and what is run for it: trading days, the planned moments, the command, the local times.

All planned moments are in KST. `plan.json` keeps what `install` fixed; the user's list of closures is `trading`'s.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from kis_xl import kst, trading
from kis_xl.datafolder import DataFolder, fingerprint, write_atomically
from kis_xl.errors import ArgumentError, ConfigError, OutputError, reason_of
from kis_xl.language import Language, Text
from kis_xl.redaction import get_logger, shown
from kis_xl.variables import home_of

_log = get_logger(__name__)
PART: Final = "schedule"
#: KRX closes at 15:30; by now its closing prices stand in the balance.
DEFAULT_AT: Final = time(16, 0)
_CLOSES: Final = time(15, 30)
_LONGEST_CLOSURE: Final = 60  # days
_A_YEAR: Final = 366
_WORKDAYS: Final = 5
_CLOSED_HEAD: Final = Text(
    "# 예약 보고서를 쉬는 날: 한 줄에 하루, 예: 2027-01-02. KRX의 휴장일은 이미 알고 있습니다.\n",
    "# Days without a scheduled report, one a line such as 2027-01-02. KRX's usual closures are known already.\n",
)


class TradingDays:
    """KRX's trading days, without the closures of the user's own list."""

    def __init__(self, closed: Iterable[date] = ()) -> None:
        self._closed = frozenset(closed)

    def trades(self, day: date) -> bool:
        """Whether a report is planned for `day`."""
        return day not in self._closed and trading.is_trading_day(day)

    def latest(self, at: time, moment: datetime) -> datetime | None:
        """The last planned moment up to `moment`; None where everything has been closed for two months."""
        return self._first(at, moment, -1)

    def next(self, at: time, moment: datetime) -> datetime | None:
        """The first planned moment after `moment`."""
        return self._first(at, moment, +1)

    def between(self, at: time, after: datetime, before: datetime) -> list[datetime]:
        """The planned moments after the one moment and before the other."""
        found = []
        moment = self.next(at, after)
        while moment is not None and moment < before:
            found.append(moment)
            moment = self.next(at, moment)
        return found

    def _first(self, at: time, moment: datetime, step: int) -> datetime | None:
        local = moment.astimezone(kst.KST)
        for number in range(_LONGEST_CLOSURE):
            planned = datetime.combine(local.date() + timedelta(days=number * step), at, kst.KST)
            if self.trades(planned.date()) and (planned > local) == (step > 0):
                return planned
        return None


@dataclass(frozen=True)
class Slot:
    """A time of this machine's own clock and the days of the week it counts on (Monday is 0)."""

    hour: int
    minute: int
    days: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What `install` fixed. `since` is when: nothing that was planned before is missed."""

    at: time
    since: datetime
    scheduler: str
    language: Language
    output: Path | None = None

    def reports(self, folder: DataFolder) -> Path:
        """The folder that the reports go into."""
        return self.output or folder.path / "reports"

    def save(self, folder: DataFolder) -> None:
        """Keep it in the data folder. Raises ConfigError or OutputError."""
        document = {
            "at": f"{self.at:%H:%M}",
            "since": self.since.isoformat(timespec="seconds"),
            "scheduler": self.scheduler,
            "language": self.language,
            "output": None if self.output is None else str(self.output),
        }
        put(folder.part(PART) / "plan.json", json.dumps(document, ensure_ascii=False, indent=1))

    @classmethod
    def load(cls, folder: DataFolder) -> Plan | None:
        """The plan of this data folder, None where there is none; one that is damaged is logged and counts as none.

        Was it made in what is the future by now, the clock was set back since: then it counts as made a day ago, or nothing
        would be due until that future comes.
        """
        path = plan_file(folder)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            plan = cls(
                at=time.fromisoformat(document["at"]),
                since=_aware(document["since"]),
                scheduler=str(document["scheduler"]),
                language="en" if document["language"] == "en" else "ko",
                output=None if document["output"] is None else Path(document["output"]),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            _log.warning("the plan of the scheduled report cannot be read: %s: %s", path, type(error).__name__)
            return None
        return replace(plan, since=kst.now() - timedelta(days=1)) if kst.is_ahead(plan.since) else plan


def plan_file(folder: DataFolder) -> Path:
    """Where the plan is kept; nothing is made for it."""
    return folder.path / PART / "plan.json"


def put(path: Path, text: str) -> None:
    """Write a file whole. Raises OutputError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())
    except OSError as error:
        reason = reason_of(error)
    else:
        return
    raise OutputError(
        Text(f"파일을 쓸 수 없습니다: {path} ({reason})", f"the file cannot be written: {path} ({reason})"),
        Text("폴더의 권한과 디스크의 남은 공간을 확인하세요.", "Check the folder's permissions and the disk's free space."),
    )


def read_time(text: str) -> time:
    """`--at HH:MM`, in KST. Raises ArgumentError."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if found is None:
        raise ArgumentError(
            Text(f"--at: 시각이 아닙니다: {shown(text)}", f"--at is no time: {shown(text)}"),
            Text("한국 시각으로 --at 16:00 처럼 적으세요.", "Write a time of Korea, such as --at 16:00."),
        )
    return time(int(found[1]), int(found[2]))


def is_in_session(at: time) -> bool:
    """Whether KRX is trading at that time of a trading day, so that figures are not those of the close."""
    return trading.OPENS <= at < _CLOSES


def closed_days(folder: DataFolder) -> TradingDays:
    """The trading days without those of the user's list."""
    return TradingDays(trading.closed_days(folder))


def offer_closed_file(folder: DataFolder) -> Path:
    """Lay the list out where there is none; its path. Raises ConfigError or OutputError."""
    folder.part(PART)
    path = trading.closed_file(folder)
    if not path.exists():
        put(path, _CLOSED_HEAD.in_())
    return path


def is_untouched(path: Path) -> bool:
    """Whether the list of closures holds nothing of the user's."""
    try:
        return not any(line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8-sig").splitlines())
    except (OSError, ValueError):
        return False


def mark(folder: DataFolder) -> str:
    """What tells the schedule of one data folder from that of another in a scheduler's list; "" for the usual folder."""
    usual, ours = (os.path.normcase(path.absolute()) for path in (home_of({}), folder.path))
    return "" if ours == usual else fingerprint(ours)[:8]


def slots(at: time, start: datetime) -> tuple[Slot, ...]:
    """The times of this machine's clock at which it is `at` in Korea on a Monday to Friday of the coming year.

    Where the clocks change in summer there are two, and a run at the one that does not hold finds nothing due.
    """
    days: dict[tuple[int, int], set[int]] = {}
    first = start.astimezone(kst.KST).date()
    for day in (first + timedelta(days=number) for number in range(_A_YEAR)):
        if day.weekday() < _WORKDAYS:
            local = datetime.combine(day, at, kst.KST).astimezone()
            days.setdefault((local.hour, local.minute), set()).add(local.weekday())
    return tuple(Slot(hour, minute, tuple(sorted(days[hour, minute]))) for hour, minute in sorted(days))


def command(folder: DataFolder, language: Language, interpreter: str = sys.executable) -> tuple[str, ...]:
    """What the scheduler starts. It holds the data folder and the language, since a scheduler passes no environment on.

    Raises ConfigError for a path that a unit file or a crontab cannot hold.
    """
    python = Path(interpreter)
    without_window = python.with_name("pythonw.exe")
    if python.name.lower() == "python.exe" and without_window.exists():
        python = without_window
    # -P: what lies in the folder that a scheduler starts in is none of ours
    words = (str(python), "-P", "-m", "kis_xl", "schedule", "run", "--home", str(folder.path.absolute()), "--lang", language)
    if not all(word.isprintable() for word in words):
        raise ConfigError(
            Text("경로에 제어 문자가 있어 예약할 수 없습니다.", "a path with control characters cannot be scheduled"),
            Text("KIS_XL_HOME 을 다른 폴더로 지정하세요.", "Set KIS_XL_HOME to another folder."),
        )
    return words


@dataclass(frozen=True)
class Job:
    """What a scheduler is given: the command, the time in Korea, the next planned moment, whose it is (see `mark`)."""

    words: Sequence[str]
    at: time
    start: datetime
    mark: str = ""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """`at` on this machine's clock."""
        return slots(self.at, self.start)


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
