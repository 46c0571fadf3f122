"""The progress of a fetch, on a terminal only: a person sees pages and rows arrive, a log file sees nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from kis_xl.broker import Progress, ProgressCallback
from kis_xl.language import Text


@contextmanager
def page_progress(caption: str) -> Iterator[ProgressCallback | None]:
    """A callback for `Broker.balance` that shows each page on standard error; None where that is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), TextColumn("{task.fields[read]}"), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        # the service does not say how many pages there will be, so the bar has no end to run to
        task = bars.add_task(caption, total=None, read=Text("연결 중", "connecting").in_())

        def show(progress: Progress) -> None:
            pages, rows = f"{progress.pages:,}", f"{progress.rows:,}"
            bars.update(task, read=Text(f"{pages}페이지 · {rows}행", f"page {pages} · {rows} rows").in_())

        yield show


@contextmanager
def writing_status() -> Iterator[None]:
    """A line that the report is being written, on a terminal: a large one takes a while."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(Text("보고서를 쓰는 중", "writing the report").in_()):
        yield
