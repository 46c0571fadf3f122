"""Whose report it is: one account, or several as one. Everything that a sheet shows is asked here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

from kis_xl import kst
from kis_xl.bystock import join_accounts, join_by_stock
from kis_xl.changes import Change, changes
from kis_xl.fields import SUMMARY_FIELDS, Environment, Holding, Kind
from kis_xl.language import NO_TEXT, Language, Text
from kis_xl.models import Balance, Check
from kis_xl.redaction import one_line
from kis_xl.report.past import DAILY_FIELDS, Past, day_of

ALL: Final = Text("전체", "all")
NOT_KIS: Final = Text("한국투자증권 서버가 아님(시뮬레이터 등)", "not a server of KIS (a simulator, for instance)")
EMPTY_ACCOUNT: Final = Text("서버가 계좌 합계를 주지 않았습니다 (빈 모의 계좌).", "The service gave no totals (an empty mock account).")
_NO_TOTALS: Final = Text(
    "서버가 계좌 합계를 주지 않아 이 보고서 날의 합계를 알 수 없습니다.",
    "The service gave no totals, so those of the report's own day are not known.",
)


#: What is said wherever amounts of several accounts stand.
SUMS: Final = Text(
    "여러 계좌의 금액은 모두 계좌들의 합계이며, kis_xl이 계산한 것입니다.",
    "All amounts of several accounts are their sums, which kis_xl computed.",
)
#: How many accounts a sentence names, and how many the head of the first page does.
NAMED: Final = 8
NAMED_IN_HEAD: Final = 12


def first_of(names: Sequence[str], most: int = NAMED) -> Text:
    """Names of accounts one after another; of very many the first, and how many more there are."""
    shown = ", ".join(names[:most])
    more = len(names) - most
    return Text(shown, shown) if more <= 0 else Text(f"{shown} 외 {more:,}개", f"{shown} and {more:,} more")


def clock(moment: datetime) -> str:
    """What a clock in Korea shows, to the minute."""
    return f"{moment.astimezone(kst.KST):%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class Part:
    """One account: its balance, and what is known of its earlier days."""

    balance: Balance
    past: Past

    @property
    def name(self) -> str:
        """The account's name, in one line."""
        return one_line(self.balance.name)

    @property
    def from_kis(self) -> bool:
        """Whether the figures come from a server of KIS."""
        return self.balance.from_kis

    @property
    def lacks_totals(self) -> bool:
        """See `Balance`. (An empty mock account has neither rows nor totals.)"""
        return self.balance.lacks_totals

    @property
    def caveats(self) -> tuple[Text, ...]:
        """Why days are missing or doubtful, NO_TEXT where nothing is to be said."""
        return self.past.why, self.past.caveat, _NO_TOTALS if self.lacks_totals else NO_TEXT

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """See `Balance`."""
        return self.balance.checks()

    @cached_property
    def unpriced(self) -> tuple[Holding, ...]:
        """See `Balance`."""
        return self.balance.unpriced()

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What changed since the earlier day, the largest first; empty where there is none."""
        if self.past.earlier is None:
            return ()
        found = changes(self.past.earlier.holdings, self.balance.holdings)
        return tuple(sorted(found, key=lambda change: (-abs(change.valuation_difference), change.pdno)))


class Subject:
    """What a report is about. `together` is so for several accounts as one, also where there happens to be one only."""

    def __init__(self, parts: Sequence[Part], language: Language, *, together: bool = False, today: date | None = None) -> None:
        self.parts = tuple(parts)
        self.language = language
        self.together = together
        self.today = today

    def say(self, text: Text) -> str:
        """`text` in the report's language."""
        return text.in_(self.language)

    @property
    def name(self) -> str:
        """The account's name, or that it is all of them."""
        return self.say(Text("전체 계좌", "All accounts")) if self.together else self.parts[0].name

    @cached_property
    def as_of(self) -> datetime:
        """The time (KST) than which no figure is older."""
        return min(part.balance.as_of for part in self.parts).astimezone(kst.KST)

    @property
    def from_kis(self) -> bool:
        """Whether all figures come from KIS."""
        return all(part.from_kis for part in self.parts)

    @cached_property
    def environments(self) -> tuple[Environment, ...]:
        """Those of the accounts, each once."""
        return tuple(dict.fromkeys(part.balance.environment for part in self.parts))

    @property
    def mark(self) -> str:
        """What sets the figures apart from those of a real account at KIS, "" where nothing does."""
        told = [] if self.environments == (Environment.REAL,) else [environment.caption for environment in self.environments]
        return " · ".join(self.say(each) for each in [*told, *([] if self.from_kis else [NOT_KIS])])

    @property
    def footer(self) -> str:
        """What stands on every printed page: when, and that it is no real account where it may not be one."""
        return f"{clock(self.as_of)} KST  {self.mark}".rstrip()

    @property
    def count(self) -> int:
        """The number of rows of holdings."""
        return sum(len(part.balance.holdings) for part in self.parts)

    def rows(self) -> Iterator[tuple[Part, Holding]]:
        """Every row as the service gave it, and whose it is."""
        for part in self.parts:
            for row in part.balance.holdings:
                yield part, row

    @cached_property
    def stocks(self) -> tuple[Holding, ...]:
        """One row a stock that is held, over all accounts."""
        if len(self.parts) == 1:
            joined = join_by_stock(self.parts[0].balance.holdings)
        else:
            joined = join_accounts([(part.balance.as_of, part.balance.holdings) for part in self.parts])
        return tuple(row for row in joined if row.hldg_qty)

    @cached_property
    def unpriced(self) -> frozenset[str]:
        """The codes of the stocks of which some row has no price: their valuation lacks it, and a rate of theirs means nothing."""
        return frozenset(row.pdno for part in self.parts for row in part.unpriced)

    @cached_property
    def totals(self) -> dict[str, Any] | None:
        """The account's totals by API key, None where the service has none.

        Of several accounts the sums of won; an account with neither rows nor totals adds nothing, and what is no amount has
        no sum (None). Where one has rows but no totals there are none: sums without it would pass for the whole.
        """
        known = [part.balance.summary for part in self.parts if part.balance.summary is not None]
        if not known or self.lacking:
            return None
        if not self.together:
            return {field.key: getattr(known[0], field.key) for field in SUMMARY_FIELDS}
        return {
            field.key: sum(getattr(summary, field.key) for summary in known) if field.kind is Kind.WON else None for field in SUMMARY_FIELDS
        }

    @cached_property
    def lacking(self) -> tuple[Part, ...]:
        """The accounts whose totals are missing though they hold something."""
        return tuple(part for part in self.parts if part.lacks_totals)

    @property
    def earlier(self) -> datetime | None:
        """The time that the changes are seen from: the oldest where accounts differ, None where no account has any."""
        times = [part.past.earlier.as_of for part in self.parts if part.past.earlier is not None]
        return min(times).astimezone(kst.KST) if times else None

    @property
    def caveats(self) -> list[Text]:
        """Why something of the past is missing or doubtful; of several accounts each sentence once, with those of which it is so."""
        return self.grouped([(part, told) for part in self.parts for told in part.caveats if told != NO_TEXT])

    def grouped(self, found: Sequence[tuple[Part, Text]]) -> list[Text]:
        """What is said of accounts, equal sentences as one after the names of all of which they are said."""
        whose: dict[Text, list[Part]] = {}
        for part, told in found:
            whose.setdefault(told, []).append(part)
        return [self._said_of(parts, told) for told, parts in whose.items()]

    def _said_of(self, parts: Sequence[Part], told: Text) -> Text:
        if not self.together:
            return told
        is_all = len(parts) == len(self.parts) > 1
        names = Text("모든 계좌", "All accounts") if is_all else first_of([part.name for part in parts])
        return Text(f"{names.ko}: {told.ko}", f"{names.en}: {told.en}")

    @cached_property
    def days(self) -> list[tuple[date, tuple[int | None, ...]]]:
        """The totals of each stored day, oldest first, and of the report's own day at the end.

        Of several accounts the sums of those days that all of them have; for its own day each account's balance counts.
        """
        own = self._own_day()
        if len(self.parts) == 1:
            return [*self.parts[0].past.days, *own]
        each = self._earlier_days
        return [(day, _sums([days[day] for days in each])) for day in sorted(set.intersection(*map(set, each)))] + own

    @property
    def left_out(self) -> Text:
        """Which days some accounts have and the sums of `days` leave out, NO_TEXT where all accounts have the same days."""
        each = self._earlier_days
        every, shared = set.union(*map(set, each)), set.intersection(*map(set, each))
        if every == shared:
            return NO_TEXT
        names = [(part.name, len(days)) for part, days in zip(self.parts, each, strict=True) if len(days) < len(every)]
        lacking = first_of([f"{name} ({count:,})" for name, count in names])
        return Text(
            f"모든 계좌가 저장된 날만 합계합니다: 저장된 {len(every):,}일 중 {len(shared):,}일. 저장된 날이 적은 계좌(일수): {lacking.ko}",
            f"Only days that are stored of all accounts are summed: {len(shared):,} of {len(every):,} stored days. "
            f"Accounts with fewer days (how many): {lacking.en}",
        )

    @cached_property
    def _earlier_days(self) -> list[dict[date, tuple[int | None, ...]]]:
        """The stored days of each account, none as late as the report's own."""
        own = self._own_day()
        return [{day: values for day, values in part.past.days if not own or day < own[0][0]} for part in self.parts]

    def _own_day(self) -> list[tuple[date, tuple[int | None, ...]]]:
        if self.totals is None:
            return []
        return [(min(day_of(part.balance) for part in self.parts), tuple(self.totals[field.key] for field in DAILY_FIELDS))]


def _sums(rows: Sequence[tuple[int | None, ...]]) -> tuple[int | None, ...]:
    """Column by column; an account without totals that day held nothing."""
    columns = list(zip(*rows, strict=True))
    return tuple(None if all(value is None for value in column) else sum(value or 0 for value in column) for column in columns)
