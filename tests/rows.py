"""Rows as the service sends them, for tests that need one by itself."""

from __future__ import annotations

from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Kind

_PLAIN = {Kind.CODE: "005930", Kind.TEXT: "", Kind.FLAG: "", Kind.DATE: "", Kind.UNIT_PRICE: "0.0000", Kind.PERCENT: "0.00"}


def holding_row(**given: str) -> dict[str, str]:
    """An `output1` row; what is not given is nought or blank."""
    return {field.key: _PLAIN.get(field.kind, "0") for field in HOLDING_FIELDS} | given


def summary_row(**given: str) -> dict[str, str]:
    """An `output2` row; what is not given is nought or blank."""
    return {field.key: _PLAIN.get(field.kind, "0") for field in SUMMARY_FIELDS} | given
