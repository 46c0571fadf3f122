"""Runs inside LibreOffice: carries a call from Basic to the test's process. Standard library only.

Values that UNO does not tell apart come from Basic as texts that start with a mark; all other numbers are Double there.
"""

from __future__ import annotations

import http.client
import json
import os
import struct
from typing import Any

_MARK = "\x01"
_MISSING = 448
#: What LibreOffice calls the errors that Excel numbers; #VALUE! for all others.
_ERRORS = {2000: 521, 2007: 532, 2015: 519, 2023: 524, 2029: 525, 2036: 503, 2042: 32767}


def call(module: str, function: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """What the function returns: ("scalar", value), ("row", values), ("grid", rows) or ("error", number, source, text)."""
    body = json.dumps({"module": module, "function": function, "args": [_outward(argument) for argument in arguments or ()]})
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["CALC_HOST_PORT"]))
    try:
        connection.request("POST", "/", body.encode())
        answer = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    return tuple(_inward(part) for part in answer)


def error_value(number: int) -> float:
    """A number that a cell shows as the error `number` (of Excel's CVErr): LibreOffice keeps error codes in a NaN's bits."""
    bits = 0x7FF8000000000000 | _ERRORS.get(int(number), 519)
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def _outward(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_outward(part) for part in value]
    if isinstance(value, str) and value.startswith(_MARK):
        return _unmarked(*value[1:].split())
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if value is None or isinstance(value, (bool, str)):
        return value
    return {"$": "object", "value": getattr(value, "ImplementationName", type(value).__name__)}


def _unmarked(kind: str, number: str) -> Any:
    if kind == "int":
        return int(number)
    if kind == "error" and int(number) == _MISSING:
        return {"$": "missing"}
    return {"$": kind, "value": float(number)}


def _inward(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_inward(part) for part in value)
    if isinstance(value, dict):
        return ("@date", value["value"])
    return value


g_exportedScripts = (call, error_value)  # LibreOffice looks for this name
