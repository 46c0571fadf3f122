"""Work that a button started. It runs beside Excel: the button's macro asks again and again how far it is.

Whatever replaces what cells show happens inside `poll()`, in the thread that also computes cells, so that no cell is
computed between one account's new balance and another's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from kis_xl import kst
from kis_xl.errors import Cancelled, KisError
from kis_xl.excel import failures
from kis_xl.excel.several import OfAccount
from kis_xl.history import History
from kis_xl.language import Language, Text
from kis_xl.models import Balance
from kis_xl.snapshots import Flight, Key, Snapshots

_ALL_FAILED = Text("새로고침하지 못했습니다. 이전 자료를 보여 줍니다.", "Not refreshed; the earlier data is shown.")
_SOME_FAILED = Text(
    "일부를 새로고침하지 못했습니다. 그것은 이전 자료를 보여 줍니다.", "Not all was refreshed; of the rest the earlier data is shown."
)
Stage = Literal["running", "done", "failed", "cancelled"]


@dataclass(frozen=True)
class Report:
    """How far a job is: a line for the status bar, a message where one is due, and the path of what was made."""

    stage: Stage
    line: str
    message: str = ""
    path: str = ""


class Job(Protocol):
    """What the macros need of a job."""

    def poll(self, seconds: float) -> Report:
        """How far it is, after waiting at most so long for a change."""

    def cancel(self) -> None:
        """End it soon, with nothing changed."""


class Ended:
    """A job that ended before it began: why."""

    def __init__(self, error: KisError, language: Language) -> None:
        self._report = Report("failed", error.what.in_(language), words(error, language))

    def poll(self, seconds: float) -> Report:
        """See `Job`."""
        return self._report

    def cancel(self) -> None:
        """See `Job`."""


class Refresh:
    """A fetch of snapshots that cells show. All new balances are shown together, at the end; then `adopted` is called.

    `unasked` are accounts that were meant too and cannot be asked.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        keys: Sequence[Key],
        language: Language,
        adopted: Callable[[], None] = lambda: None,
        unasked: Sequence[OfAccount] = (),
    ) -> None:
        self._snapshots = snapshots
        self._unasked = unasked
        self._language = language
        self._adopted = adopted
        self._flights = [(key, snapshots.fly(key)) for key in keys]
        self._usual = {key: balance.pages for key, _ in self._flights if (balance := snapshots.state(key).balance) is not None}
        self._ended: Report | None = None

    def poll(self, seconds: float) -> Report:
        """See `Job`."""
        if self._ended is not None:
            return self._ended
        waiting = [flight for _, flight in self._flights if not flight.done]
        if waiting and not waiting[0].wait(seconds):
            return Report("running", self._progress())
        if any(not flight.done for flight in waiting):
            return Report("running", self._progress())
        self._snapshots.adopt(self._flights)
        self._adopted()
        self._ended = self._outcome()
        return self._ended

    @property
    def brought(self) -> bool:
        """Whether any balance has come."""
        return any(flight.balance is not None for _, flight in self._flights)

    def cancel(self) -> None:
        """See `Job`. Excel need not wait until the service has answered: what comes then is not shown."""
        for _, flight in self._flights:
            flight.call_off()
        self._ended = self._ended or self._was_cancelled()

    def _was_cancelled(self) -> Report:
        line = Text("취소했습니다. 이전 자료를 그대로 보여 줍니다.", "Cancelled; the earlier data stays.").in_(self._language)
        return Report("cancelled", line)

    def _progress(self) -> str:
        parts = []
        for key, flight in self._flights:
            usual = self._usual.get(key, 0)
            pages = f"{flight.pages}/{usual}" if 0 < usual >= flight.pages else f"{flight.pages}"
            who = f"{_named(key)}: " if len(self._flights) > 1 else ""
            parts.append(who + Text(f"{pages} 페이지", f"{pages} pages").in_(self._language))
        stop = Text("취소: Esc", "Esc cancels").in_(self._language)
        return Text("KIS 잔고 조회 중", "Reading the KIS balance").in_(self._language) + f" {', '.join(parts)} ({stop})"

    def _outcome(self) -> Report:
        errors = [(_named(key), flight.error) for key, flight in self._flights if flight.error is not None]
        if errors and all(isinstance(error, Cancelled) for _, error in errors):
            return self._was_cancelled()
        errors += [(account.name, account.error) for account in self._unasked]
        if errors:
            line = (_SOME_FAILED if self.brought else _ALL_FAILED).in_(self._language)
            told = "\n\n".join(f"[{name}] {words(error, self._language)}" for name, error in errors)
            return Report("failed", line, f"{line}\n\n{told}")
        balances = [flight.result() for _, flight in self._flights]
        rows, pages = sum(len(balance.holdings) for balance in balances), sum(balance.pages for balance in balances)
        when = max(balance.as_of for balance in balances)
        return Report(
            "done",
            Text(
                f"KIS 잔고: {when:%H:%M:%S} 기준, {rows}행, {pages}페이지", f"KIS balance as of {when:%H:%M:%S}: {rows} rows, {pages} pages"
            ).in_(self._language),
        )


class Export:
    """The writing of a report from the balance that cells show, so that the file says what the sheet says."""

    def __init__(self, snapshots: Snapshots, history: History, key: Key, folder: Path, language: Language) -> None:
        self._snapshots = snapshots
        self._history = history
        self._key = key
        self._folder = folder
        self._language = language
        self._flight: Flight | None = None if snapshots.state(key).balance is not None else snapshots.fly(key)
        self._cancelled = False
        self._path: Path | None = None
        self._beside: Text | None = None
        self._error: Exception | None = None
        self._writer: threading.Thread | None = None

    def poll(self, seconds: float) -> Report:
        """See `Job`."""
        if self._cancelled:
            return Report("cancelled", Text("취소했습니다.", "Cancelled.").in_(self._language))
        if self._flight is not None and not self._flight.wait(seconds):
            return Report(
                "running", Text(f"KIS 잔고 조회 중 {self._flight.pages} 페이지", f"Reading {self._flight.pages} pages").in_(self._language)
            )
        if self._writer is None:
            self._begin()
        if self._writer is not None:
            self._writer.join(seconds)
            if self._writer.is_alive():
                return Report("running", Text("보고서를 쓰는 중 (취소: Esc)", "Writing the report (Esc cancels)").in_(self._language))
        if self._error is not None:
            line = Text("보고서를 만들지 못했습니다.", "The report was not written.").in_(self._language)
            return Report("failed", line, f"{line}\n\n{words(failures.of(self._error, 'export'), self._language)}")
        line = Text(f"보고서: {self._path}", f"Report: {self._path}").in_(self._language)
        question = Text("지금 열까요?", "Open it now?").in_(self._language)
        said = [line, *([] if self._beside is None else [self._beside.in_(self._language)]), question]
        return Report("done", line, "\n\n".join(said), str(self._path))

    def cancel(self) -> None:
        """See `Job`. A report that is being written is finished, whole, and not told of."""
        self._cancelled = True
        if self._flight is not None:
            self._flight.call_off()

    def _begin(self) -> None:
        try:
            if self._flight is not None:
                self._flight.result()
                self._snapshots.adopt([(self._key, self._flight)])
            balance = self._snapshots.shown(self._key)
        except KisError as error:
            self._error = error
            return
        self._writer = threading.Thread(target=self._write, args=(balance,), name="kis_xl export", daemon=True)
        self._writer.start()

    def _write(self, balance: Balance) -> None:
        from kis_xl.report import beside, report_name, write_report  # noqa: PLC0415 (openpyxl: cells need none)
        from kis_xl.report.past import read_past  # noqa: PLC0415 (as above)

        wanted = self._folder / report_name(balance, self._key.account.parameters)
        try:
            past = read_past(self._history, balance)
            written = write_report(balance, wanted, self._language, past, today=kst.now().date())
            self._beside = None if written == wanted else beside(wanted, written)
            self._path = written.absolute()
        except Exception as error:  # noqa: BLE001 (told by the next poll)
            self._error = error


class Exports:
    """The writing of a report an account, one after another. One that fails does not keep the others from being written.

    `unasked` are accounts that cannot be asked. The path of the report is a line an account.
    """

    def __init__(self, exports: Sequence[tuple[str, Export]], unasked: Sequence[OfAccount], language: Language) -> None:
        self._waiting = list(exports)
        self._language = language
        self._paths: list[str] = []
        self._said: list[str] = []
        self._errors = [f"[{account.name}] {words(account.error, language)}" for account in unasked]
        self._ended: Report | None = None

    def poll(self, seconds: float) -> Report:
        """See `Job`."""
        while self._ended is None and self._waiting:
            name, export = self._waiting[0]
            report = export.poll(seconds)
            if report.stage == "running":
                return Report("running", f"{name}: {report.line}")
            if report.stage == "cancelled":
                self._ended = report
            elif report.stage == "failed":
                self._errors.append(f"[{name}] {report.message}")
            else:
                self._paths.append(report.path)
                self._said += report.message.split("\n\n")[1:-1]  # of a report that went beside the one that it should replace
            del self._waiting[0]
        self._ended = self._ended or self._outcome()
        return self._ended

    def cancel(self) -> None:
        """See `Job`. The reports that are written already stay."""
        for _, export in self._waiting:
            export.cancel()

    def _outcome(self) -> Report:
        written = Text(f"보고서 {len(self._paths)}개를 만들었습니다.", f"Reports written: {len(self._paths)}.").in_(self._language)
        told = "\n".join([written, *self._paths, *self._said])
        if self._errors:
            return Report("failed", written, "\n\n".join([told, *self._errors]))
        question = Text("지금 열까요?", "Open them now?").in_(self._language)
        return Report("done", written, f"{told}\n\n{question}", "\n".join(self._paths))


def _named(key: Key) -> str:
    """The account, and the parameters where they are not its usual ones."""
    return " ".join((key.account.name, *(f"{name}={value}" for name, value in key.parameters)))


def words(error: KisError, language: Language) -> str:
    """What a message box says of an error: what happened, and what to do."""
    return "\n".join(part for part in (f"{error.code}: {error.message(language)}", error.hint.in_(language)) if part)
