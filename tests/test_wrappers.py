"""What bites only on Windows, checked everywhere: the functions as xlwings takes them, and the VBA that is made of them.

xlwings' own code decides: on Windows as it is imported there, elsewhere the same lines without the imports that need
Windows.
"""

from __future__ import annotations

import ast
import datetime as dt
import functools
import importlib
import importlib.util
import inspect
import io
import os
import re
import typing
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from kis_xl import udfs
from kis_xl.excel import macros, registry, wrappers
from kis_xl.excel.registry import FUNCTIONS, Registered
from tests.conftest import REPOSITORY

ALL = pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())
MACROS = {name: found for name, found in vars(macros).items() if inspect.isfunction(found) and hasattr(found, "__wrapped__")}
#: What xlwings converts to without surprises; a union or an Optional fails at call time.
PLAIN_HINTS = (Any, str, float, bool, list, dt.date, dt.datetime)
#: [MS-VBAL] 3.3.5.2: no name of ours may be one of these, in any case.
RESERVED = re.compile(
    r"abs|addressof|and|any|array|as|attribute|boolean|byref|byte|byval|call|case|cbool|cbyte|ccur|cdate|cdbl|cdec|cdecl|cint"
    r"|circle|clng|clnglng|clngptr|close|const|csng|cstr|currency|cvar|cverr|date|debug|decimal|declare|defbool|defbyte|defcur"
    r"|defdate|defdbl|defdec|defint|deflng|deflnglng|deflngptr|defobj|defsng|defstr|defvar|dim|do|doevents|double|each|else"
    r"|elseif|empty|end|endif|enum|eqv|erase|error|event|exit|explicit|false|fix|for|friend|function|get|global|gosub|goto|if"
    r"|imp|implements|in|input|inputb|int|integer|is|lbound|len|lenb|let|like|lineinput|lock|long|longlong|longptr|loop|lset"
    r"|me|mod|new|next|not|nothing|null|on|open|option|optional|or|paramarray|preserve|print|private|property|pset|ptrsafe"
    r"|public|put|raiseevent|redim|rem|resume|return|rset|scale|seek|select|set|sgn|shared|single|spc|static|step|stop|string"
    r"|sub|tab|then|to|true|type|typeof|ubound|unlock|until|variant|wend|while|with|withevents|write|xor",
    re.IGNORECASE,
)
WIZARD = 255


def parameters(function: Registered) -> list[inspect.Parameter]:
    return list(inspect.signature(function.call).parameters.values())


# what xlwings makes of them


@functools.lru_cache(maxsize=1)
def xlwings_code() -> dict[str, Any]:
    """The functions of xlwings/udfs.py that look at a function and write its VBA."""
    if os.name == "nt":
        return vars(importlib.import_module("xlwings.udfs"))
    place = importlib.util.find_spec("xlwings")
    assert place is not None
    assert place.origin is not None
    tree = ast.parse((Path(place.origin).parent / "udfs.py").read_text(encoding="utf-8"))
    wanted = {
        "func_sig",
        "get_category",
        "get_async_mode",
        "check_bool",
        "extract_type_and_annotations",
        "xlfunc",
        "xlarg",
        "generate_vba_wrapper",
    }
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in wanted]
    assert {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} == wanted
    names: dict[str, Any] = {"inspect": inspect, "dt": dt, "VBAWriter": importlib.import_module("xlwings.utils").VBAWriter}
    names |= {
        name: getattr(typing, name) for name in ("Annotated", "Any", "Callable", "TypeVar", "get_args", "get_origin", "get_type_hints")
    }
    names["_F"] = typing.TypeVar("_F", bound=Callable[..., Any])
    exec(compile(tree, "xlwings/udfs.py", "exec"), names)  # noqa: S102 (xlwings' own code)
    return names


@pytest.fixture
def for_windows(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Each function as it is registered on Windows, with what xlwings knows of it in `__xlfunc__`."""
    if os.name == "nt":
        return {name: getattr(udfs, name) for name in FUNCTIONS}
    code = xlwings_code()
    stand_in = ModuleType("xlwings")
    vars(stand_in).update(func=code["xlfunc"], arg=code["xlarg"])
    monkeypatch.setitem(importlib.import_module("sys").modules, "xlwings", stand_in)
    monkeypatch.setattr(registry, "os", SimpleNamespace(name="nt"))
    made = {}
    for name, function in FUNCTIONS.items():

        @functools.wraps(function.call)
        def copy(*given: Any, function: Registered = function, **named: Any) -> Any:
            return function.call(*given, **named)

        made[name] = registry._for_xlwings(copy, function.help, function.arguments)
    return made


def test_xlwings_takes_every_function_as_it_is_meant(for_windows: dict[str, Any]) -> None:
    assert list(for_windows) == list(FUNCTIONS)
    for name, function in for_windows.items():
        known = function.__xlfunc__
        assert known["name"] == name
        assert known["category"] == "KIS"
        assert known["sub"] is False
        assert known["volatile"] is False
        assert known["async_mode"] is None
        assert known["call_in_wizard"] is True  # False makes a function return 0 when the workbook opens
        assert "expand" not in known["ret"]["options"]
        assert 0 < len(known["ret"]["doc"]) <= WIZARD
        for part in FUNCTIONS[name].help:
            assert part in known["ret"]["doc"]


def test_xlwings_takes_every_argument_as_it_is_meant(for_windows: dict[str, Any]) -> None:
    for name, function in for_windows.items():
        known = function.__xlfunc__["args"]
        assert len(known) == len(FUNCTIONS[name].arguments)
        for arg, declared, parameter in zip(known, FUNCTIONS[name].arguments, parameters(FUNCTIONS[name]), strict=True):
            assert arg["name"] == registry.vba_name(declared.name)
            assert not RESERVED.fullmatch(arg["name"])
            assert arg["name"] != "caller"  # xlwings would pass the calling cell
            assert arg["doc"] == f"{declared.help.ko} / {declared.help.en}"
            assert len(arg["doc"]) <= WIZARD
            assert arg["options"].get("ndim") == (2 if declared.table else None)
            assert set(arg["options"]) <= {"ndim", "convert"}
            assert arg["options"].get("convert", Any) in PLAIN_HINTS
            assert ("optional" in arg) == (parameter.default is None)
            assert arg["vararg"] is False


def test_import_functions_writes_a_module_that_compiles(for_windows: dict[str, Any]) -> None:
    """xlwings' own wrappers, which replace ours when somebody presses its button."""
    written = io.StringIO()
    module = SimpleNamespace(**for_windows)
    xlwings_code()["generate_vba_wrapper"]("kis_xl.udfs", module, written, SimpleNamespace(Name="KISBalance.xlsm"))
    declared = dict(re.findall(r"^Function (\w+)\((.*)\)$", written.getvalue(), re.MULTILINE))
    assert set(declared) == set(FUNCTIONS)
    for name, given in declared.items():
        written_names = [part.removeprefix("Optional ") for part in given.split(", ") if part]
        assert len(written_names) == len(parameters(FUNCTIONS[name]))
        assert not any(map(RESERVED.fullmatch, written_names))
    assert written.getvalue().isascii()
    assert "Volatile" not in written.getvalue()


@pytest.mark.skipif(os.name != "nt", reason="xlwings calls functions on Windows only")
def test_xlwings_calls_a_function_as_the_workbook_does() -> None:
    call = xlwings_code()["call_udf"]
    assert call("kis_xl.udfs", "KIS_VERSION", ()) == [[udfs.KIS_VERSION()]]
    assert len(call("kis_xl.udfs", "KIS_FIELDS", ("all",))) == 86
    ((said,),) = call("kis_xl.udfs", "KIS_HOLDINGS", (None, (("nope",),), None, None))
    assert said.startswith("#KIS! ")


# the functions themselves


@ALL
def test_a_signature_is_one_that_xlwings_takes(function: Registered) -> None:
    assert xlwings_code()["func_sig"](function.call)["vararg"] is None
    for parameter in parameters(function):
        assert parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        assert parameter.default in (inspect.Parameter.empty, None)
    hints = typing.get_type_hints(function.call, include_extras=True)
    assert set(hints) == {parameter.name for parameter in parameters(function)} | {"return"}
    assert all(hint in PLAIN_HINTS for hint in hints.values())


@pytest.mark.parametrize("name", MACROS)
def test_a_macros_signature_is_one_that_xlwings_takes(name: str) -> None:
    assert xlwings_code()["func_sig"](MACROS[name])["vararg"] is None
    assert all(hint in PLAIN_HINTS for hint in typing.get_type_hints(MACROS[name], include_extras=True).values())


@ALL
def test_its_help_fits_the_wizard_in_both_languages(function: Registered) -> None:
    for help_text in (function.help, *(argument.help for argument in function.arguments)):
        assert len(f"{help_text.ko} / {help_text.en}") <= WIZARD
        assert re.search("[가-힣]", help_text.ko) or help_text.ko == help_text.en or "=" in help_text.ko
        assert not re.search("[가-힣]", help_text.en.replace("평가금액", ""))
        for part in help_text:
            assert part == part.strip() != ""
            assert "\n" not in part
    assert function.call.__doc__


@ALL
def test_its_arguments_are_those_that_are_explained(function: Registered) -> None:
    names = [parameter.name for parameter in parameters(function)]
    assert [argument.name for argument in function.arguments] == names
    assert len(",".join(names)) < 254
    assert len({name.lower() for name in names}) == len(names)
    optional = [parameter.default is None for parameter in parameters(function)]
    assert optional == sorted(optional)  # VBA: none that is required after one that is not


@ALL
def test_its_name_is_no_cell_and_no_word_of_vba(function: Registered) -> None:
    assert re.fullmatch(r"KIS_[A-Z]+", function.name)  # KIS1 is a cell
    assert not RESERVED.fullmatch(function.name)
    assert getattr(udfs, function.name).__name__ == function.name
    assert function.call.__module__ == "kis_xl.udfs"


# the VBA that is made of them


def test_the_module_declares_each_function_with_its_arguments() -> None:
    declared = dict(re.findall(r"^Public Function (\w+)\((.*)\) As Variant$", wrappers.source(), re.MULTILINE))
    assert list(declared) == list(FUNCTIONS) == wrappers.names()
    for name, given in declared.items():
        wanted = []
        for parameter in parameters(FUNCTIONS[name]):
            optional = "" if parameter.default is inspect.Parameter.empty else "Optional "
            wanted.append(f"{optional}ByVal {registry.vba_name(parameter.name)} As Variant")
        assert given == ", ".join(wanted)


def test_the_module_hands_on_every_argument_and_nothing_else() -> None:
    source = wrappers.source()
    for name in FUNCTIONS:
        (body,) = re.findall(rf"^Public Function {name}\(.*?^End Function$", source, re.MULTILINE | re.DOTALL)
        passed = ", ".join(f"KisArg({registry.vba_name(parameter.name)})" for parameter in parameters(FUNCTIONS[name]))
        assert body.splitlines()[1:-1] == [f'    {name} = KisCall("{name}", Array({passed}))']
    assert source.count("KisCall(") == len(FUNCTIONS)


def test_the_module_is_vba_that_any_excel_reads() -> None:
    source = wrappers.source()
    assert source.isascii()
    assert source.startswith("Option Explicit\n")
    assert source.endswith("End Function\n")
    assert "\t" not in source
    assert all(len(line) < 1_000 for line in source.splitlines())
    for word in ("Caller", "Volatile", "XLPy", "Attribute", "#If"):
        assert word not in source
    names = re.findall(r"ByVal (\w+) As Variant", source)
    assert len(names) == sum(len(parameters(function)) for function in FUNCTIONS.values())
    assert not any(map(RESERVED.fullmatch, names))
    assert source.count("Public Function ") == source.count("\nEnd Function\n") == len(FUNCTIONS)
    assert wrappers.NAME == "xlwings_udfs"  # what "Import Functions" replaces


def test_a_word_of_vba_is_written_with_a_line() -> None:
    assert registry.vba_name("end") == "end_"
    assert registry.vba_name("End") == "End_"
    assert registry.vba_name("account") == "account"


def test_what_the_wrappers_and_the_buttons_call_is_there() -> None:
    """By name and number of arguments: a wrong one shows only when somebody presses the button."""
    source = "".join(
        path.read_text(encoding="utf-8") for path in (REPOSITORY / "kis_xl" / "excel" / "vba").iterdir() if path.suffix in (".bas", ".cls")
    )
    for name in ("KisCall", "KisArg"):
        assert f"Public Function {name}(" in source
    called = dict(re.findall(r'KisAskPython\((?:MACROS|DOCTOR), "(\w+)", Array\((.*)\)\)', source))
    called |= dict.fromkeys(re.findall(r'KisWatch\("(\w+)"\)', source), "KisSetting(1), KisSetting(2)")
    called |= {"hello": "KisSetting(1)"}
    assert set(called) >= {"hello", "poll", "cancel", "check", "is_trading", "formats", "our_formats", "start_refresh", "start_export"}
    for name, given in called.items():
        takes = inspect.signature(MACROS[name]).parameters
        assert len([part for part in re.sub(r"\([^()]*\)", "", given).split(",") if part.strip()]) <= len(takes), name
