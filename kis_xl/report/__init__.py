"""The daily workbook: what the balance inquiry gave, on sheets that explain themselves.

subject    whose report it is: one account, or several as one
past       what is known of earlier days; it is handed in
overview   the first page: its figures and notices; below them `panels` and `moves`, which share `panel`
notices    what to know before trusting a report
charts     the charts, which carry what their cells hold
holdings   the sheets of holdings and of the account's totals
days       the sheets of changes and of history
notes      the legend and the provenance
sheet      a sheet as data; `look` how cells look, `rows` cells as XML
book       from sheets to a file; `placing` where it goes
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from kis_xl import kst
from kis_xl.datafolder import in_file_name
from kis_xl.language import Language
from kis_xl.models import Balance
from kis_xl.report import days, holdings, notes
from kis_xl.report.book import write_book
from kis_xl.report.overview import overview
from kis_xl.report.past import NO_PAST, Past
from kis_xl.report.placing import beside, place_report
from kis_xl.report.subject import ALL, Part, Subject

__all__ = ["beside", "consolidated_name", "report_name", "write_consolidated", "write_report"]

_LONGEST_NAME = 180


def write_report(balance: Balance, path: Path, language: Language, past: Past = NO_PAST, *, today: date | None = None) -> Path:
    """Write the report of `balance` to `path`, whole or not at all; the path. Raises OutputError.

    Where `path` is open in Excel, which lets nobody replace it, the report goes beside it, under `path` with a number; the
    path that is returned is the one that was written. `today` (KST) has the report say when its figures are of an earlier day.
    """
    return _write(Subject([Part(balance, past)], language, today=today), path)


def write_consolidated(accounts: Sequence[tuple[Balance, Past]], path: Path, language: Language, *, today: date | None = None) -> Path:
    """Write one report over several accounts, as `write_report` does. Its holdings bear the account's name in a column more."""
    return _write(Subject([Part(*account) for account in accounts], language, together=True, today=today), path)


def _write(subject: Subject, path: Path) -> Path:
    sheets = [
        overview(subject),
        holdings.holdings(subject),
        holdings.account(subject),
        days.changes(subject),
        days.history(subject),
        notes.fields(subject.language),
        notes.provenance(subject),
    ]
    title = f"{subject.name} {subject.as_of:%Y-%m-%d}"
    return place_report(path, lambda: write_book(sheets, title, subject.as_of, subject.language))


def report_name(balance: Balance) -> str:
    """`KIS_<account name>_<date>.xlsx`, without what a file name cannot hold on one of the systems. The date is Korea's."""
    shortened = (
        in_file_name(balance.name).encode()[:_LONGEST_NAME].decode(errors="ignore")
    )  # file systems count bytes, and Hangul takes three
    return f"KIS_{shortened}_{balance.as_of.astimezone(kst.KST):%Y-%m-%d}.xlsx"


def consolidated_name(balances: Sequence[Balance], language: Language) -> str:
    """`KIS_all_<date>.xlsx`, of the day of the oldest balance."""
    oldest = min(balance.as_of for balance in balances).astimezone(kst.KST)
    return f"KIS_{ALL.in_(language)}_{oldest:%Y-%m-%d}.xlsx"
