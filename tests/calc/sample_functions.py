"""Functions that the harness's own tests call from a workbook."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any


def DEMO_ADD(a: Any = None, b: Any = None) -> Any:
    return a + b


def DEMO_ECHO(value: Any = "left out") -> Any:
    """What arrived, as Python writes it."""
    return repr(value)


def DEMO_SAME(value: Any = None) -> Any:
    return value


def DEMO_SHAPE(rows: float, columns: float) -> Any:
    return [[f"{row},{column}" for column in range(int(columns))] for row in range(int(rows))]


def DEMO_TABLE() -> Any:
    return [["종목", "수량", "날짜", "참"], ['삼성전자 "가"\n나', 123456789012345.0, datetime(2026, 11, 20, 12), True]]  # noqa: DTZ001


def DEMO_RAISE(text: Any = None) -> Any:
    raise ValueError(text)


WRONG: dict[str, Any] = {
    "none": [["a", None]],
    "decimal": Decimal("1.5"),
    "int": 2**31,
    "zone": datetime(2026, 11, 20, tzinfo=timezone(timedelta(hours=9))),
    "ragged": [["a", "b"], ["c"]],
    "long": "가" * 256,
    "nan": float("nan"),
    "empty": [],
    "dict": {"a": 1},
}


def DEMO_WRONG(which: Any = None) -> Any:
    return WRONG[which]


def DEMO_UNION(value: str | None = None) -> Any:
    return value


def DEMO_KEYWORD(*, value: Any = None) -> Any:
    return value
