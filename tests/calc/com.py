"""What xlwings 0.37 and COM do to a call's arguments and result, without Windows.

Arguments as `xlwings.udfs.call_udf` hands them on, results as pywin32 and Excel take them. What Windows would refuse, or
bend quietly, is a ComViolation here.
"""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, get_args, get_origin, get_type_hints

Function = Callable[..., Any]

_LONGEST_TEXT = 255
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 (a cell knows no zone)
#: Type hints that xlwings has a converter for which changes nothing. `tuple` and `dict` have one that does: not imitated.
_PLAIN_HINTS = (Any, Sequence, list, str, float, int, bool, datetime, date)
#: How the errors of cells arrive through COM; xlwings makes None of them.
_CELL_ERRORS = frozenset(-2146828288 + number for number in (2000, 2007, 2015, 2023, 2029, 2036, 2042))


class ComViolation(Exception):
    """Something that works here and would not work, or differently, in Excel on Windows."""


class Missing:
    """An optional argument that was not given (DISP_E_PARAMNOTFOUND)."""


MISSING = Missing()


def arguments(function: Function, given: Sequence[Any], ndims: Mapping[str, int]) -> list[Any]:
    """The arguments as xlwings passes them on; `ndims` are the function's `xw.arg(name, ndim=...)`."""
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())
    for parameter in parameters:
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.VAR_POSITIONAL):
            raise ComViolation(f"xlwings takes no argument like {parameter}")
    if unknown := set(ndims) - {parameter.name for parameter in parameters}:
        raise ComViolation(f"ndim for unknown arguments: {sorted(unknown)}")
    if len(given) > len(parameters) and not (parameters and parameters[-1].kind is parameters[-1].VAR_POSITIONAL):
        raise ComViolation(f"{len(given)} arguments for {len(parameters)} parameters")
    taken = []
    for place, value in enumerate(given):
        parameter = parameters[min(place, len(parameters) - 1)]
        ndim = _hinted(parameter.name, hints)
        if value is MISSING:
            taken.append(None if parameter.default is parameter.empty else parameter.default)
        else:
            taken.append(_read(value, ndims.get(parameter.name, ndim)))
    return taken


def _hinted(name: str, hints: Mapping[str, Any]) -> int | None:
    """The `ndim` of an annotation; ComViolation for a type hint that xlwings fails at when the function is called."""
    hint = hints.get(name, Any)
    options: Mapping[str, Any] = {}
    if get_origin(hint) is Annotated:
        hint, options = get_args(hint)[:2]
    if hint is typing.Sequence or (get_origin(hint) or hint) in _PLAIN_HINTS:
        ndim: int | None = options.get("ndim")
        return ndim
    raise ComViolation(f"xlwings does not know the type hint of {name!r}: {hint}")


def _read(value: Any, ndim: int | None) -> Any:
    rows = _rows(value)
    return _squeezed([[_cleaned(cell) for cell in row] for row in rows], ndim)


def _rows(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [value] if value and not isinstance(value[0], (list, tuple)) else list(value)
    return [[value]]


def _cleaned(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        raise ComViolation("an array of arrays is no table: xlwings takes a table as one 2-D array")
    blank = value == "" or (isinstance(value, int) and value in _CELL_ERRORS)
    # an error value that Calc's KisErrorValue has made is a NaN
    return None if blank or (isinstance(value, float) and math.isnan(value)) else value


def _squeezed(rows: list[list[Any]], ndim: int | None) -> Any:
    if not rows:
        raise ComViolation("an empty array as an argument")
    if ndim == 2:
        return rows
    if len(rows) == 1:
        return rows[0][0] if ndim is None and len(rows[0]) == 1 else rows[0]
    if len(rows[0]) == 1:
        return [row[0] for row in rows]
    if ndim == 1:
        raise ComViolation("Range must be 1-by-n or n-by-1 when ndim=1.")
    return rows


def result(function: Function, value: Any, *, for_cells: bool = True) -> tuple[str, Any]:
    """("scalar", value), ("row", values) or ("grid", rows): as the result reaches VBA, and with `for_cells` goes on into cells."""
    _hinted("return", get_type_hints(function, include_extras=True))
    if isinstance(value, (dict, set, frozenset)):
        raise ComViolation(f"the result is a {type(value).__name__}")
    rows = _rows(value)
    if not rows or not rows[0]:
        raise ComViolation("the result is empty")
    for number, row in enumerate(rows):
        if not isinstance(row, (list, tuple)) or len(row) != len(rows[0]):
            raise ComViolation(f"row {number} of the result has another length than the first")
    cells = [
        [_written(cell, f"row {number}, column {column}", for_cells) for column, cell in enumerate(row)] for number, row in enumerate(rows)
    ]
    if len(cells) == 1:
        return ("scalar", cells[0][0]) if len(cells[0]) == 1 else ("row", cells[0])
    return "grid", cells


def _written(value: Any, place: str, for_cells: bool) -> Any:
    problem = _problem(value)
    if problem and (for_cells or not isinstance(value, str)):  # VBA takes text of any length
        raise ComViolation(f"{problem} in the result, {place}: {value!r:.80}")
    return {"$": "date", "value": serial(value)} if isinstance(value, datetime) else value


def _problem(value: Any) -> str:
    """What Excel would not take, or take for something else; "" for nothing."""
    problems: tuple[tuple[type, Callable[[Any], bool], str], ...] = (
        (
            str,
            lambda text: len(text.encode("utf-16-le")) // 2 > _LONGEST_TEXT,
            f"text over {_LONGEST_TEXT} characters (the whole result is #VALUE!)",
        ),
        (int, lambda number: not -(2**31) <= number < 2**31, "an int beyond 32 bits (Excel does not take its type)"),
        (float, lambda number: not math.isfinite(number), "a number that is none"),
        (datetime, lambda time: time.tzinfo is not None, "a time with a zone (it would be shifted or cut off)"),
    )
    for type_, is_wrong, text in problems:
        if isinstance(value, type_):
            return text if is_wrong(value) else ""
    return "None (it shows as an empty text)" if value is None else f"a {type(value).__name__}"


def serial(moment: datetime) -> float:
    """A time as the number that a cell holds: days since 1899-12-30."""
    return (moment - _EPOCH) / timedelta(days=1)


def moment_of(number: float) -> datetime:
    """The time that a cell's number means, to the microsecond."""
    return _EPOCH + timedelta(days=number)


def decoded(value: Any) -> Any:
    """An argument out of its JSON: marked values become what COM would bring."""
    if isinstance(value, list):
        return [decoded(part) for part in value]
    if not isinstance(value, dict):
        return value
    kind = value["$"]
    if kind == "missing":
        return MISSING
    if kind == "error":
        return -2146828288 + int(value["value"])
    if kind == "date":
        return moment_of(value["value"])
    raise ComViolation(f"an object ({value['value']}) was passed: the wrappers pass values only")
