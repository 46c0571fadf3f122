"""What a person should know before trusting the figures, on standard error."""

from __future__ import annotations

import click

from kis_xl.accounts import PRACTICE_HOST
from kis_xl.language import Text
from kis_xl.models import Balance
from kis_xl.redaction import one_line, redact


def tell_doubts(balance: Balance) -> None:
    """A warning where the figures are made up, for each failed check, unknown field and holding without a price; else silence."""
    if balance.host == PRACTICE_HOST:
        _warn(Text("연습 계좌", "practice account"), Text("시뮬레이터가 지어낸 잔고입니다", "a simulator made these figures up").in_())
    for check in balance.checks():
        if not check.ok:
            _warn(Text(f"검산 불일치({check.caption.ko})", f"check failed ({check.caption.en})"), f"{check.expected:,} ≠ {check.actual:,}")
    for section, key in sorted({(extra.section, extra.key) for extra in balance.extras}):
        _warn(
            Text("API 문서에 없는 항목(보고서에는 넣지 않음)", "a field that the API document does not know (not in the report)"),
            f"{section}.{key}",
        )
    for row in balance.unpriced():
        _warn(Text("시세가 없어 평가금액이 0인 종목", "no price, so its valuation is 0"), f"{row.prdt_name} ({row.pdno})")


def _warn(what: Text, detail: str) -> None:
    click.echo(f"warning: {what.in_()}: {one_line(redact(detail))}", err=True)
