"""Snapshots, ready for cells: values are turned into cells once, whoever shows them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import Any

from kis_xl.bystock import join_accounts
from kis_xl.excel.options import Options
from kis_xl.excel.values import Row, of_field, of_text, reader
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Field, Holding, Join, Kind
from kis_xl.models import Balance

_KEYS = tuple(field.key for field in HOLDING_FIELDS)
_READERS = tuple((field.key, reader(field)) for field in HOLDING_FIELDS)


def adds_up(field: Field) -> bool:
    """Whether the values of several accounts make a sum: amounts of won of the account, of a stock also its quantities."""
    return field.join is Join.SUM or (field in SUMMARY_FIELDS and field.kind is Kind.WON)


class Rows:
    """Holdings, typed and as cells, and whose each is, place for place."""

    def __init__(self, holdings: Sequence[Holding], accounts: Sequence[str], cells: list[Row] | None = None) -> None:
        self.holdings = holdings
        self.accounts = accounts
        self.cells: list[Row] = cells or [
            tuple(["" if (value := getattr(row, key)) is None else read(value) for key, read in _READERS]) for row in holdings
        ]

    def chosen(self, options: Options) -> Sequence[int]:
        """The places of the rows that `options` ask for, in their order. Blanks come last in either direction, as Excel sorts."""
        places: Sequence[int] = range(len(self.holdings))
        if options.hide_zero:
            places = [place for place in places if self.holdings[place].hldg_qty]
        if options.sort is not None:
            key = _KEYS[options.sort]
            blank = [place for place in places if getattr(self.holdings[place], key) in (None, "")]
            known = [place for place in places if getattr(self.holdings[place], key) not in (None, "")]
            places = sorted(known, key=lambda place: self._order(place, key), reverse=options.descending) + blank
        return places[: options.top]

    def _order(self, place: int, key: str) -> Any:
        value = getattr(self.holdings[place], key)
        return value.casefold() if isinstance(value, str) else value


class Figures(ABC):
    """The cells of one account, or of several as one."""

    @property
    @abstractmethod
    def rows(self) -> Rows:
        """A row a holding, as the service gave them."""

    @property
    @abstractmethod
    def stocks(self) -> Rows:
        """A row a stock."""

    @property
    @abstractmethod
    def summary(self) -> Row | None:
        """The cells of the totals; None where the service has none (an empty mock account), or not all."""

    @property
    @abstractmethod
    def lacking(self) -> tuple[str, ...]:
        """The names of the accounts that hold something and have no totals."""

    @cached_property
    def by_code(self) -> dict[str, Row]:
        """The cells of each stock by its code."""
        return {str(row[0]): row for row in self.stocks.cells}

    @cached_property
    def by_name(self) -> dict[str, Row]:
        """The cells of each stock by its name, where no other one has the same."""
        counts = Counter(row[1] for row in self.stocks.cells)
        return {str(row[1]): row for row in self.stocks.cells if counts[row[1]] == 1}


class View(Figures):
    """The cells of one balance."""

    def __init__(self, balance: Balance) -> None:
        self.balance = balance

    @cached_property
    def rows(self) -> Rows:
        """See `Figures`."""
        return Rows(self.balance.holdings, self._whose(len(self.balance.holdings)))

    @cached_property
    def stocks(self) -> Rows:
        """See `Figures`."""
        joined = self.balance.by_stock()
        return Rows(joined, self._whose(len(joined)))

    @cached_property
    def summary(self) -> Row | None:
        """See `Figures`."""
        totals = self.balance.summary
        return None if totals is None else tuple(of_field(field, getattr(totals, field.key)) for field in SUMMARY_FIELDS)

    @property
    def lacking(self) -> tuple[str, ...]:
        """See `Figures`."""
        return (self.name,) if self.balance.lacks_totals else ()

    @property
    def name(self) -> str:
        """The account's name."""
        return self.balance.name

    def _whose(self, rows: int) -> Sequence[str]:
        return [of_text(self.name)] * rows


class Together(Figures):
    """The cells of several accounts as one, in their order."""

    def __init__(self, parts: Sequence[View]) -> None:
        self.parts = parts

    @property
    def lacking(self) -> tuple[str, ...]:
        """See `Figures`."""
        return tuple(name for part in self.parts for name in part.lacking)

    @cached_property
    def rows(self) -> Rows:
        """See `Figures`: those of one account after those of another."""
        parts = [part.rows for part in self.parts]
        return Rows(
            [row for part in parts for row in part.holdings],
            [name for part in parts for name in part.accounts],
            list(chain.from_iterable(part.cells for part in parts)),
        )

    @cached_property
    def stocks(self) -> Rows:
        """See `Figures`. A stock is those accounts' that have a row of it."""
        joined = join_accounts([(part.balance.as_of, part.balance.holdings) for part in self.parts])
        names: dict[str, dict[str, None]] = {}
        for part in self.parts:
            for row in part.balance.holdings:
                names.setdefault(row.pdno, {})[part.name] = None
        return Rows(joined, [of_text(", ".join(names[row.pdno])) for row in joined])

    @cached_property
    def summary(self) -> Row | None:
        """The sums, and blanks for what does not add up.

        An account that the service has no totals for holds nothing, and adds nothing. None where no account has any, and where one
        holds something: without it the sums would pass for the whole.
        """
        if self.lacking:
            return None
        known = [part.balance.summary for part in self.parts if part.balance.summary is not None]
        if not known:
            return None
        return tuple(
            of_field(field, sum(getattr(totals, field.key) for totals in known)) if adds_up(field) else "" for field in SUMMARY_FIELDS
        )
