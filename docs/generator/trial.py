"""The functions at work: a simulated account, a stopped clock and a data folder that is thrown away.

What comes out is the same on every machine. What cannot be (paths, versions, times taken) is replaced by placeholders.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from docs.generator.formulas import parse
from kis_xl import __version__, kst, practice, udfs
from kis_xl.accounts import AccountNumber
from kis_xl.configfile import FILE_NAME
from kis_xl.datafolder import DataFolder
from kis_xl.errors import KisError
from kis_xl.excel import failures, formats, session
from kis_xl.excel.registry import FUNCTIONS
from kis_xl.excel.values import MARK
from kis_xl.history import History
from kis_xl.language import Language
from kis_xl.models import Balance
from kis_xl.parsing import read_holdings, read_summary
from kis_xl.simulator import Limits, SimAccount, Simulator, demo_account

#: The account of the environment variables, and that of `kis-xl setup --demo`.
_ACCOUNT = demo_account(rows=18)
_PRACTICE = demo_account(practice.ENVIRONMENT, rows=18, seed=7)
_FILE = '[accounts."연습"]\npractice = true\n'
#: When the balance was fetched, and when the functions are asked.
FETCHED = datetime(2026, 11, 23, 10, 30, tzinfo=kst.KST)
_ASKED = FETCHED + timedelta(minutes=12)
#: Earlier days that are stored: how many days ago, how many rows the account had, by how many steps prices differed.
_EARLIER = ((6, 15, -5), (5, 15, -2), (4, 16, 3), (3, 19, -1))
_PLACEHOLDERS = (
    (re.compile(rf"(?<![\d.]){re.escape(__version__)}(?![\d.])"), "x.y.z"),
    (re.compile(r"\d+\.\d\d(?= s$|초$)"), "0.12"),
    (re.compile(r"(https?)://127\.0\.0\.1:\d+: .*"), r"\1://…: …"),
)


@dataclass(frozen=True)
class Result:
    """A formula and the cells that it fills: typed, and the number format of each ("" for General)."""

    formula: str
    cells: list[list[Any]]
    formats: list[list[str]]

    def texts(self) -> list[list[str]]:
        """The cells as Excel shows them."""
        return [[as_shown(cell, wanted) for cell, wanted in zip(*row, strict=True)] for row in zip(self.cells, self.formats, strict=True)]


@contextmanager
def trial(
    language: Language = "en",
    *,
    stored: bool = True,
    alone: bool = False,
    faults: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
) -> Iterator[Path]:
    """The functions of this process show simulated accounts while this lasts, `env` first; yields the data folder.

    `stored`: there are earlier days. `alone`: there is no other account. `faults`: what goes wrong at the simulator. `settings`:
    variables, "" for one that is not set.
    """
    logger = logging.getLogger("kis_xl")
    handlers, level = list(logger.handlers), logger.level
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made,
        Simulator([_ACCOUNT, _PRACTICE], Limits.off(), faults=faults) as running,
    ):
        home = Path(made) / "home"
        address = mock.patch.object(practice, "address", return_value=running.url(practice.ENVIRONMENT))
        with mock.patch.dict(os.environ, clear=False), mock.patch.object(kst, "now", return_value=FETCHED), address:
            _set_up(home, running, language, settings or {})
            if not alone:
                home.mkdir()
                (home / FILE_NAME).write_text(_FILE, encoding="utf-8")
            if stored:
                _store(DataFolder(home), running.url(_ACCOUNT.environment))
            session.speak(None)
            try:
                udfs.KIS_SUMMARY()  # fetches, at that time
                with mock.patch.object(kst, "now", return_value=_ASKED):
                    yield home
            finally:
                with suppress(KisError):  # where the settings are wrong there is none
                    session.current().history.close()
                logger.handlers[:] = handlers
                logger.setLevel(level)


def _set_up(home: Path, running: Simulator, language: Language, settings: Mapping[str, str]) -> None:
    for name in list(os.environ):
        if name.startswith("KIS_XL_") or name.lower().endswith("_proxy"):
            del os.environ[name]
    ours = {
        "KIS_XL_HOME": str(home),
        "KIS_XL_LANG": language,
        "KIS_XL_ACCOUNT": _ACCOUNT.number,
        "KIS_XL_APPKEY": _ACCOUNT.appkey,
        "KIS_XL_APPSECRET": _ACCOUNT.appsecret,
        "KIS_XL_ENV": _ACCOUNT.environment.key,
        "KIS_XL_BASE_URL": running.url(_ACCOUNT.environment),
        "KIS_XL_RATE": "1000",
        "KIS_XL_ATTEMPTS": "1",
    }
    os.environ.update({name: value for name, value in {**ours, **settings}.items() if value})


def _store(folder: DataFolder, host: str) -> None:
    """The earlier days, as earlier fetches would have stored them."""
    history = History(folder)
    for days, rows, ticks in _EARLIER:
        then = SimAccount(_ACCOUNT.number, _ACCOUNT.appkey, _ACCOUNT.appsecret, _ACCOUNT.environment, rows, _ACCOUNT.seed)
        holdings, _ = read_holdings(then.holdings(ticks=ticks))
        summary, _ = read_summary(then.summary(0, rows, ticks=ticks))
        history.store(
            Balance(
                account=AccountNumber.parse(then.number),
                name="env",
                environment=then.environment,
                as_of=FETCHED - timedelta(days=days),
                holdings=tuple(holdings),
                summary=summary,
                pages=1,
                parameters={},
                host=host,
            )
        )
    history.close()


def run(formula: str, home: Path) -> Result:
    """What a formula fills, within a `trial`. RuntimeError where it fails: an example is to work."""
    name, arguments = parse(formula)
    answer = FUNCTIONS[name].call(*arguments)
    cells = [list(row) for row in answer] if isinstance(answer, list) else [[answer]]
    for cell in (cell for row in cells for cell in row):
        if str(cell).startswith(MARK):
            raise RuntimeError(f"{formula} gives {cell}")
    cells = [[_steady(cell, home) for cell in row] for row in cells]
    return Result(formula, cells, _formats(cells))


def _steady(cell: Any, home: Path) -> Any:
    return steady(cell, home) if isinstance(cell, str) else cell


def steady(text: str, home: Path) -> str:
    """`text` with placeholders for what differs from machine to machine and day to day."""
    if str(home) in text:
        text = text.replace(str(home), "…").replace("\\", "/")
    for pattern, placeholder in _PLACEHOLDERS:
        text = pattern.sub(placeholder, text)
    return text


def _formats(cells: list[list[Any]]) -> list[list[str]]:
    """The formats that a refresh gives: by the header row, or by the captions in the first column (KisFormatTable)."""
    none = [["" for _ in row] for row in cells]
    if len(cells) < 2 or len(cells[0]) < 2:
        return none
    wanted = [formats.for_caption(str(cell)) for cell in cells[0]]
    if any(wanted) and isinstance(cells[0][1], str):
        return [none[0], *([*wanted] for _ in cells[1:])]
    for row, given in zip(cells, none, strict=True):
        given[1] = formats.for_caption(str(row[0]))
    return none


def as_shown(cell: Any, wanted: str) -> str:
    """A cell as Excel shows it in that format."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}" if wanted == formats.MOMENT else f"{cell:%Y-%m-%d}"
    if isinstance(cell, float):
        return _number(cell, wanted)
    text = str(cell)
    if text.startswith(MARK):
        return "#VALUE!" if text.removeprefix(MARK).split(":")[0].strip() in failures.ARGUMENT_CODES else "#N/A"
    return text


def _number(number: float, wanted: str) -> str:
    if not wanted:
        return f"{number:.10g}"
    plain = re.sub(r"\[\w+\]", "", wanted).split(";")[0]
    decimals = len(plain.partition(".")[2].rstrip("%"))
    comma = "," if "," in plain else ""
    return f"{number:{comma}.{decimals}{'%' if '%' in plain else 'f'}}"
