"""The VBA module `xlwings_udfs`, made from the functions.

Named as the one that xlwings' "Import Functions" writes, so that it replaces this one instead of standing beside it.
It holds the functions and nothing else: what they call stays when it is replaced. xlwings' own wrappers work too, but
pass ranges as objects and the calling cell, which is some fifty times slower, and show errors as text.
"""

from __future__ import annotations

import inspect

from kis_xl import udfs
from kis_xl.excel.registry import FUNCTIONS, Registered, vba_name

NAME = "xlwings_udfs"
_HEAD = """Option Explicit
' Made from kis_xl/udfs.py: a change here is lost when the functions are imported again.
"""


def source() -> str:
    """The module's text, without its name: a function for each of `kis_xl.udfs`."""
    return _HEAD + "".join(_wrapper(FUNCTIONS[name]) for name in names())


def names() -> list[str]:
    """The functions' names in the order of `kis_xl.udfs`."""
    return [name for name in vars(udfs) if name in FUNCTIONS]


def _wrapper(function: Registered) -> str:
    parameters = inspect.signature(function.call).parameters.values()
    declared = ", ".join(_declared(parameter) for parameter in parameters)
    passed = ", ".join(f"KisArg({vba_name(parameter.name)})" for parameter in parameters)
    lines = (
        f"Public Function {function.name}({declared}) As Variant",
        f'    {function.name} = KisCall("{function.name}", Array({passed}))',
        "End Function",
    )
    return "\n" + "\n".join(lines) + "\n"


def _declared(parameter: inspect.Parameter) -> str:
    optional = "" if parameter.default is inspect.Parameter.empty else "Optional "
    return f"{optional}ByVal {vba_name(parameter.name)} As Variant"
