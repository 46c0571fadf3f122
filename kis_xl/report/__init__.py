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
book       from sheets to a file, with its `texts`; `placing` where it goes, `standing` what stands there already
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from kis_xl import kst
from kis_xl.accounts import differing
from kis_xl.datafolder import in_file_name
from kis_xl.language import Language
from kis_xl.models import Balance
from kis_xl.report import days, holdings, notes
from kis_xl.report.book import write_book
from kis_xl.report.overview import overview
from kis_xl.report.past import NO_PAST, Past
from kis_xl.report.placing import place_report
from kis_xl.report.standing import beside
from kis_xl.report.subject import ALL, Part, Subject

__all__ = ["beside", "consolidated_name", "report_name", "write_consolidated", "write_report"]

#: In bytes, which file systems count; Hangul takes three. A name of 40 letters, the longest that an account may have, is never cut.
_LONGEST_NAME: Final = 180
_LONGEST_WITH_PARAMETERS: Final = 230
#: As the document has them; no parameters of an account's own.
_USUAL: Final[Mapping[str, str]] = {}


def write_report(balance: Balance, path: Path, language: Language, past: Past = NO_PAST, *, today: date | None = None) -> Path:
    """Write the report of `balance` to `path`, whole or not at all; the path. Raises OutputError.

    Where `path` is open in Excel, which lets nobody replace it, or holds a report of a later balance or one that somebody
    edited, the report goes beside it, under `path` with a number; the path that is returned is the one that was written, and
    `beside` says why. `today` (KST) has the report say when its figures are of an earlier day.
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
    title = f"{subject.name} {subject.as_of:%Y-%m-%d}" + (f" ({subject.mark})" if subject.mark else "")
    return place_report(path, lambda: write_book(sheets, title, subject.as_of, subject.language), subject.as_of)


def report_name(balance: Balance, usual: Mapping[str, str] = _USUAL) -> str:
    """`KIS_<account name>_<date>.xlsx`, without what a file name cannot hold on one of the systems. The date is Korea's.

    `usual` are the query parameters that the account is asked with anyway. A balance that was asked with others is another
    report and gets another name, which they end: `KIS_<account name>_<date>_AFHR_FLPR_YN=Y.xlsx`.
    """
    asked = _joined(_parts(balance, usual))
    room = min(_LONGEST_NAME, _LONGEST_WITH_PARAMETERS - len(asked.encode()))
    shortened = in_file_name(balance.name).encode()[:room].decode(errors="ignore")
    return f"KIS_{shortened}_{balance.as_of.astimezone(kst.KST):%Y-%m-%d}{asked}.xlsx"


def consolidated_name(balances: Sequence[Balance], language: Language, usual: Sequence[Mapping[str, str]] = ()) -> str:
    """`KIS_all_<date>.xlsx`, of the day of the oldest balance, or what `report_name` makes of it; `usual` are each account's."""
    oldest = min(balance.as_of for balance in balances).astimezone(kst.KST)
    each = zip(balances, usual or [_USUAL] * len(balances), strict=True)
    asked = {part for balance, own in each for part in _parts(balance, own)}
    return f"KIS_{ALL.in_(language)}_{oldest:%Y-%m-%d}{_joined(asked)}.xlsx"


def _parts(balance: Balance, usual: Mapping[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in differing(balance.parameters, usual).items()]


def _joined(asked: Iterable[str]) -> str:
    """The end of a file's name, "" where nothing is special."""
    return "".join(f"_{in_file_name(part)}" for part in sorted(asked))
