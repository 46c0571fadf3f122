"""What a person should know before trusting a report, worst first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kis_xl.fields import Holding
from kis_xl.language import NO_TEXT, Text
from kis_xl.report.past import day_of
from kis_xl.report.subject import EMPTY_ACCOUNT, Part, Subject, clock, first_of

_NAMED = 8
_MADE_UP = Text(
    "이 값들은 한국투자증권에서 온 것이 아닙니다(시뮬레이터 등). 실제 계좌의 잔고로 쓰지 마세요.",
    "These figures do not come from KIS (but from a simulator, for instance). They are no account's balance.",
)
_NO_TOTALS = Text(
    "서버가 보유종목은 주었으나 계좌 합계를 주지 않았습니다. 합계와 비중은 비워 둡니다.",
    "The service gave holdings but no totals. Totals and weights are left blank.",
)


@dataclass(frozen=True)
class Notice:
    """One thing to know; a bad one means that figures are not the account's, or do not add up."""

    told: Text
    is_bad: bool = False


def notices(subject: Subject) -> list[Notice]:
    """All of them; of several accounts each names its own, and what is so of many is said once."""
    told = [(part, each, is_bad) for part in subject.parts for each, is_bad in _told(part, subject)]
    found = list(_of_figures(subject))
    for kind in (True, False):
        said = subject.grouped([(part, each) for part, each, is_bad in told if is_bad is kind])
        found += [Notice(each, kind) for each in said]
    return found


def named(rows: Sequence[Holding]) -> Text:
    """Stocks by name and code, the first few."""
    shown = ", ".join(f"{row.prdt_name} ({row.pdno})" for row in rows[:_NAMED])
    more = len(rows) - _NAMED
    return Text(shown, shown) if more <= 0 else Text(f"{shown} 외 {more:,}종목", f"{shown} and {more:,} more")


def _of_figures(subject: Subject) -> Iterator[Notice]:
    """What is said of figures altogether comes before all else, once, with the names of the accounts where it is not so of all."""
    kinds = ((lambda part: not part.from_kis, _MADE_UP), (lambda part: part.lacks_totals, _NO_TOTALS))
    for is_so, told in kinds:
        whose = [part.name for part in subject.parts if is_so(part)]
        if whose:
            names = first_of(whose)
            is_all = len(whose) == len(subject.parts)
            yield Notice(told if is_all else Text(f"{names.ko}: {told.ko}", f"{names.en}: {told.en}"), is_bad=True)


def _told(part: Part, subject: Subject) -> Iterator[tuple[Text, bool]]:
    balance = part.balance
    for check in part.checks:
        if not check.ok:
            difference = check.actual - check.expected
            yield (
                Text(
                    f"검산 불일치: {check.caption.ko} (차이 {difference:+,})",
                    f"A check fails: {check.caption.en} (difference {difference:+,})",
                ),
                True,
            )
    if balance.summary is None and not part.lacks_totals:
        yield EMPTY_ACCOUNT, False
    yield from ((told, False) for told in _doubts(part, subject))


def _doubts(part: Part, subject: Subject) -> Iterator[Text]:
    balance = part.balance
    unpriced = part.unpriced
    if unpriced:
        names = named(unpriced)
        yield Text(
            f"시세가 없어 평가금액이 0인 종목 {len(unpriced):,}개 (손실이 아닙니다): {names.ko}",
            f"No price, so a valuation of 0, which is no loss ({len(unpriced):,}): {names.en}",
        )
    beyond = ", ".join(sorted({f"{extra.section}.{extra.key}" for extra in balance.extras}))
    if beyond:
        yield Text(
            f"API 문서에 없는 항목 (보고서에 넣지 않음): {beyond}", f"Fields that the API document does not know (left out): {beyond}"
        )
    if subject.today is not None and day_of(balance) < subject.today:
        # accounts are asked one after another: of several the day says it, and in one sentence
        moment = str(day_of(balance)) if subject.together else f"{clock(balance.as_of)} KST"
        yield Text(
            f"오늘({subject.today}) 자료가 아닙니다: {moment} 기준입니다.",
            f"Not of today ({subject.today}): as of {moment}.",
        )
    if part.past.caveat != NO_TEXT:
        yield part.past.caveat
