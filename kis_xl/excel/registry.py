"""The functions, their help, and how a call becomes an answer or an error in a cell."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from kis_xl.errors import KisError
from kis_xl.excel import failures, session
from kis_xl.language import Text

Function = Callable[..., Any]
#: The longest description that Excel's function wizard takes.
LONGEST_HELP = 255
CATEGORY = "KIS"


@dataclass(frozen=True)
class Argument:
    """An argument's name and what the function wizard says about it; `table` ones arrive as rows and columns."""

    name: str
    help: Text
    table: bool = False


@dataclass(frozen=True)
class Example:
    """A formula as a user types it, with literals for arguments, and what it is for. The documentation runs it and shows the result."""

    formula: str
    says: Text


@dataclass(frozen=True)
class Registered:
    """A function as Excel knows it, and examples of its use."""

    name: str
    help: Text
    arguments: tuple[Argument, ...]
    call: Function
    examples: tuple[Example, ...] = ()


#: Words of VBA's own among the arguments' names. A test holds every name against the whole list of the language.
_RESERVED = frozenset({"end"})

FUNCTIONS: dict[str, Registered] = {}


def excel_function(ko: str, en: str, *arguments: Argument, examples: tuple[Example, ...] = ()) -> Callable[[Function], Function]:
    """Register a function of the workbook: what it raises becomes an error text, and xlwings learns its help."""

    def register(function: Function) -> Function:
        name = function.__name__

        @functools.wraps(function)
        def answered(*given: Any, **named: Any) -> Any:
            try:
                return function(*given, **named)
            except Exception as error:  # noqa: BLE001 (a cell shows an error, whatever it was)
                return _failure(error, name)

        FUNCTIONS[name] = Registered(name, Text(ko, en), arguments, answered, examples)
        return _for_xlwings(answered, FUNCTIONS[name].help, arguments)

    return register


def _failure(error: Exception, name: str) -> list[list[str]]:
    known = failures.of(error, name)
    with suppress(KisError):  # where the settings themselves cannot be read, the cell says so
        session.current().failed(known)
    return [[failures.cell(known, session.language())]]


def _for_xlwings(function: Function, shown: Text, arguments: tuple[Argument, ...]) -> Function:
    """What xlwings needs to know. Elsewhere than on Windows its decorators do nothing, and importing it takes longer than all else."""
    if os.name != "nt":
        return function
    import xlwings  # noqa: PLC0415

    function.__doc__ = _both(shown)
    decorated: Any = function
    for argument in arguments:
        options: dict[str, Any] = {"doc": _both(argument.help)}
        if argument.table:
            options["ndim"] = 2
        decorated = xlwings.arg(argument.name, **options)(decorated)
    decorated = xlwings.func(category=CATEGORY)(decorated)  # last: each of the others sets the category back
    for known in decorated.__xlfunc__["args"]:  # "Import Functions" would write a module that does not compile
        known["name"] = vba_name(known["name"])
    return cast(Function, decorated)


def _both(help_text: Text) -> str:
    return f"{help_text.ko} / {help_text.en}"[:LONGEST_HELP]


def vba_name(name: str) -> str:
    """The name of an argument in VBA, where some words mean something else."""
    return f"{name}_" if name.lower() in _RESERVED else name
