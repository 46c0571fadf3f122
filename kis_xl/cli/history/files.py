"""An export's tables as files: .csv and .parquet with the API's names and units, .xlsx as a person reads it.

Rows are written as they come, into a file beside the one that is to be made; that is put in place when it is whole.
"""

from __future__ import annotations

import csv
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]

from kis_xl.cells import cell, moment
from kis_xl.cli.history.tidy import AS_OF, Table
from kis_xl.errors import ArgumentError, ConfigError, DataError, OutputError, reason_of
from kis_xl.fields import Field, Kind
from kis_xl.language import Text

#: With these a spreadsheet program takes a text for a formula; the apostrophe is what marks that one was put before.
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
_LAST_ROW: Final = 1_048_576
_AT_ONCE: Final = 20_000
#: Excel keeps so many digits of a number and turns the others into noughts.
_EXACT_DIGITS: Final = 15
_WIDTH: Final = 14
_WIDTHS: Final = {"as_of": 19, "host": 26, "query": 18}


class TableFile(ABC):
    """A table on its way to a file. Rows hold typed values in the order of the table's columns."""

    @abstractmethod
    def write(self, row: Sequence[Any]) -> None:
        """Add a row."""

    @abstractmethod
    def finish(self) -> None:
        """Write what is left. Not called where something went wrong."""


class CsvFile(TableFile):
    """UTF-8 with a byte order mark, without which Excel on a Korean system reads another code."""

    def __init__(self, stack: ExitStack, path: Path, table: Table) -> None:
        self._writer = csv.writer(stack.enter_context(path.open("w", encoding="utf-8-sig", newline="")))
        self._writer.writerow(field.key for field in table.columns)

    def write(self, row: Sequence[Any]) -> None:
        """See `TableFile`."""
        self._writer.writerow([_plain(value) for value in row])

    def finish(self) -> None:
        """Each row is on its way."""


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_STARTS) else value
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


class XlsxSheet(TableFile):
    """A sheet: captions in the user's language, rates as true fractions, texts that stay texts.

    An amount with more digits than Excel keeps is a text: it would be another amount.
    """

    def __init__(self, book: Any, table: Table) -> None:
        self._sheet = book.add_worksheet(table.caption.in_())
        self._fields = table.columns
        header = book.add_format({"bold": True, "text_wrap": True, "valign": "vcenter"})
        formats = {kind: book.add_format({"num_format": kind.number_format or "@"}) for kind in Kind}
        self._formats = [formats[field.kind] for field in table.columns]
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._sheet.freeze_panes(1, 2)
        for place, field in enumerate(table.columns):
            self._sheet.set_column(place, place, _WIDTHS.get(field.key, _WIDTH))
            self._sheet.write_string(0, place, field.caption.in_(), header)
        self._row = 0

    def write(self, row: Sequence[Any]) -> None:
        """See `TableFile`. ArgumentError where the sheet is full."""
        self._row += 1
        if self._row == _LAST_ROW:
            raise ArgumentError(
                Text(f"시트 한 장에 {_LAST_ROW - 1:,}행보다 많습니다.", f"more than the {_LAST_ROW - 1:,} rows that a sheet holds"),
                Text("--from 과 --to 로 나누거나 csv 로 내보내세요.", "Take a part with --from and --to, or write csv."),
            )
        for place, (field, value) in enumerate(zip(self._fields, row, strict=True)):
            self._cell(place, field, value)

    def finish(self) -> None:
        """Filter buttons over all rows."""
        self._sheet.autofilter(0, 0, max(self._row, 1), len(self._fields) - 1)

    def _cell(self, place: int, field: Field, value: Any) -> None:
        if field is AS_OF:
            self._sheet.write_datetime(self._row, place, moment(value), self._time)
            return
        shown = cell(field, value)
        if isinstance(shown, (int, Decimal)) and field.kind is not Kind.PERCENT and _is_rounded(shown):
            shown = _plain(shown)
        if isinstance(shown, str):
            self._sheet.write_string(self._row, place, shown, self._formats[place])
        elif isinstance(shown, date):
            self._sheet.write_datetime(self._row, place, datetime(shown.year, shown.month, shown.day), self._formats[place])  # noqa: DTZ001 (a cell knows no zone)
        elif shown is not None:
            self._sheet.write_number(self._row, place, shown, self._formats[place])


def _is_rounded(number: int | Decimal) -> bool:
    """Whether Excel would show another number."""
    if isinstance(number, int) and abs(number) < 10**_EXACT_DIGITS:
        return False
    digits = "".join(map(str, Decimal(number).as_tuple().digits))
    return len(digits.rstrip("0")) > _EXACT_DIGITS


class ParquetFile(TableFile):
    """Days as dates, won and quantities as 64-bit integers, prices and rates as exact decimals."""

    def __init__(self, stack: ExitStack, path: Path, table: Table) -> None:
        self._arrow, parquet = arrow()
        self._fields = table.columns
        self._schema = self._arrow.schema([(field.key, self._type(field)) for field in table.columns])
        self._writer = stack.enter_context(parquet.ParquetWriter(path, self._schema))
        self._rows: list[Sequence[Any]] = []

    def write(self, row: Sequence[Any]) -> None:
        """See `TableFile`. DataError for a number that the column does not hold."""
        self._rows.append(row)
        if len(self._rows) == _AT_ONCE:
            self.finish()

    def finish(self) -> None:
        """See `TableFile`."""
        columns = list(zip(*self._rows, strict=True)) if self._rows else [()] * len(self._fields)
        self._rows = []
        self._writer.write_table(
            self._arrow.Table.from_arrays([self._array(*each) for each in zip(self._schema, columns, strict=True)], schema=self._schema)
        )

    def _array(self, column: Any, values: Sequence[Any]) -> Any:
        try:
            return self._arrow.array(values, column.type)
        except (self._arrow.ArrowInvalid, OverflowError):
            pass
        raise DataError(
            Text(f"parquet 에 담을 수 없는 큰 수가 있습니다: {column.name}", f"a number is too large for parquet: {column.name}"),
            Text("csv 나 xlsx 로 내보내세요.", "Write csv or xlsx."),
        )

    def _type(self, field: Field) -> Any:
        if field is AS_OF:
            return self._arrow.timestamp("us", tz="Asia/Seoul")
        if field.kind is Kind.DATE:
            return self._arrow.date32()
        if field.kind.python_type is int:
            return self._arrow.int64()
        return self._arrow.decimal128(38, max(field.decimals, 8)) if field.kind.python_type is Decimal else self._arrow.string()


def arrow() -> tuple[Any, Any]:
    """pyarrow and its parquet. ConfigError where it is not installed."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        pass
    raise ConfigError(
        Text("parquet 파일에는 pyarrow 가 필요합니다.", "a parquet file needs pyarrow, which is not installed"),
        Text(
            '설치, kis_xl의 폴더에서: pip install ".[parquet]" (csv 와 xlsx 는 그대로 됩니다.)',
            'Install it, in the folder of kis_xl: pip install ".[parquet]" (csv and xlsx need nothing).',
        ),
    )


@contextmanager
def written_to(paths: dict[str, Path], tables: Sequence[Table], kind: str) -> Iterator[list[TableFile]]:
    """The files of `tables`, to be written; in place once all is well. Raises OutputError where they cannot be."""
    fault: OutputError | None = None
    try:
        with ExitStack() as places:
            beside = {name: places.enter_context(_replacing(path)) for name, path in paths.items()}
            with ExitStack() as stack:
                files = _open(stack, beside, tables, kind)
                yield files
                for file in files:
                    file.finish()
    except (OSError, FileCreateError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else Text("만들 수 없음", "it cannot be made").in_()
        where = next(iter(paths.values())).parent
        fault = OutputError(
            Text(f"파일을 쓸 수 없습니다: {where} ({reason})", f"the file cannot be written: {where} ({reason})"),
            Text("폴더의 권한과 남은 공간을 확인하세요.", "Check the folder's permissions and free space."),
        )
    if fault is not None:
        raise fault


def _open(stack: ExitStack, paths: dict[str, Path], tables: Sequence[Table], kind: str) -> list[TableFile]:
    if kind == "csv":
        return [CsvFile(stack, paths[table.name], table) for table in tables]
    if kind == "parquet":
        return [ParquetFile(stack, paths[table.name], table) for table in tables]
    book = xlsxwriter.Workbook(str(*paths.values()), {"constant_memory": True, "default_date_format": Kind.DATE.number_format})
    stack.callback(book.close)
    return [XlsxSheet(book, table) for table in tables]


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place afterwards, or goes where something went wrong."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=path.suffix)  # owner-only
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
