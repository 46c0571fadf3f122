"""What a person should know before trusting the figures, on standard error."""

from __future__ import annotations

import click

from kis_xl.language import Text
from kis_xl.models import Balance


def tell_doubts(balance: Balance) -> None:
    """A warning for each failed check, unknown field and holding without a price; silence when all is well."""
    for check in balance.checks():
        if not check.ok:
            what = Text(f"검산 불일치: {check.caption.ko}", f"check failed: {check.caption.en}").in_()
            click.echo(f"warning: {what}: {check.expected:,} ≠ {check.actual:,}", err=True)
    for section, key in sorted({(extra.section, extra.key) for extra in balance.extras}):
        what = Text(
            "API 문서에 없는 항목이 왔습니다 (보고서에는 없음)", "a field that the API document does not know (not in the report)"
        ).in_()
        click.echo(f"warning: {what}: {section}.{key}", err=True)
    for row in balance.unpriced():
        what = Text("시세가 없어 평가금액이 0으로 온 종목", "no price, so its valuation came as 0").in_()
        click.echo(f"warning: {what}: {row.prdt_name} ({row.pdno})", err=True)
