"""A formula of literals (`=KIS_VALUE("005930",{"hldg_qty";"evlu_amt"})`) as a call: what Excel hands to the function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_CALL = re.compile(r"=(\w+)\((.*)\)", re.DOTALL)
_PART = re.compile(r'\s*(?:("(?:[^"]|"")*")|(TRUE|FALSE)\b|(-?\d+(?:\.\d+)?)|([{},;]))\s*')


def parse(formula: str) -> tuple[str, list[Any]]:
    """The function's name and its arguments; ValueError for anything but a call with literals.

    As over COM: a number is a float, a blank argument None, an array constant a list of rows.
    """
    call = _CALL.fullmatch(formula)
    if call is None:
        raise ValueError(f"not a call: {formula}")
    arguments: list[Any] = [None]
    rows: list[list[Any]] | None = None
    for part in _parts(call[2], formula):
        if part == "{":
            rows = [[None]]
        elif part == "}":
            arguments[-1], rows = rows, None
        elif part == "," and rows is None:
            arguments.append(None)
        elif part == "," and rows is not None:
            rows[-1].append(None)
        elif part == ";" and rows is not None:
            rows.append([None])
        elif rows is not None:
            rows[-1][-1] = _literal(part)
        else:
            arguments[-1] = _literal(part)
    return call[1], arguments if call[2].strip() else []


def _parts(text: str, formula: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        found = _PART.match(text, place)
        if found is None:
            raise ValueError(f"not a literal: {text[place:]} in {formula}")
        yield found[0].strip()
        place = found.end()


def _literal(part: str) -> str | float | bool:
    if part.startswith('"'):
        return part[1:-1].replace('""', '"')
    return part == "TRUE" if part in ("TRUE", "FALSE") else float(part)
