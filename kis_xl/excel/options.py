"""The `options` argument: `key=value` pairs joined by `;`.

The API's own parameters by name, and of ours: by=row|stock, zero=show|hide, sort=FIELD or sort=-FIELD, top=N.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from kis_xl.accounts import CHOOSABLE, check_parameters
from kis_xl.errors import ArgumentError
from kis_xl.excel.arguments import HOLDING_NAMES, as_text, flat
from kis_xl.language import Text
from kis_xl.redaction import shown
from kis_xl.variables import parse_pairs

_OWN: Final = ("by", "zero", "sort", "top")
_TOO_LONG: Final = 10  # digits: no account has so many rows, and Python refuses to read thousands of them


@dataclass(frozen=True)
class Options:
    """What an `options` argument says. `sort` is the place of a holding's field; `parameters` are the API's own."""

    by_stock: bool = False
    hide_zero: bool = False
    sort: int | None = None
    descending: bool = False
    top: int | None = None
    parameters: tuple[tuple[str, str], ...] = ()


NO_OPTIONS: Final = Options()


def read(value: Any) -> Options:
    """The options of an argument; several cells count as if joined by `;`. ArgumentError names the wrong one."""
    written = ";".join(as_text(part) for part in flat(value))
    return _read(written) if written.strip() else NO_OPTIONS


@lru_cache(maxsize=200)
def _read(written: str) -> Options:
    own: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for key, value in parse_pairs(written, "options", ArgumentError).items():
        if key.lower() in _OWN:
            own[key.lower()] = value
        elif key.upper() in CHOOSABLE:
            parameters[key] = value
        else:
            names = ", ".join((*_OWN, *CHOOSABLE))
            raise ArgumentError(
                Text(f"options: 없는 이름입니다: {shown(key)}", f"options: there is no {shown(key)}"),
                Text(f"쓸 수 있는 이름: {names}", f"Names: {names}"),
            )
    sort = own.get("sort", "")
    return Options(
        by_stock=_one_of(own, "by", ("row", "stock")) == "stock",
        hide_zero=_one_of(own, "zero", ("show", "hide")) == "hide",
        sort=_sorted_by(sort) if sort else None,
        descending=sort.startswith("-"),
        top=_number(own["top"]) if "top" in own else None,
        parameters=tuple(sorted(check_parameters(parameters).items())),
    )


def _one_of(own: dict[str, str], key: str, allowed: tuple[str, ...]) -> str:
    given = own.get(key, allowed[0])
    return _checked(key, given, lambda: given.lower() in allowed, " | ".join(allowed)).lower()


def _sorted_by(given: str) -> int:
    try:
        return HOLDING_NAMES.place(given.lstrip("-+"))
    except ArgumentError as error:
        fault = error
    raise ArgumentError(Text(*(f"options: sort: {what}" for what in fault.what)), fault.hint)


def _number(given: str) -> int:
    return int(_checked("top", given, lambda: given.isdecimal() and len(given) < _TOO_LONG and int(given) > 0, "1, 2, 3, ..."))


def _checked(key: str, given: str, is_good: Callable[[], bool], allowed: str) -> str:
    if is_good():
        return given
    raise ArgumentError(
        Text(f"options: {key} 에 쓸 수 없는 값입니다: {shown(given)}", f"options: {key} cannot be {shown(given)}"),
        Text(f"허용되는 값: {key}={allowed}", f"Allowed: {key}={allowed}"),
    )
