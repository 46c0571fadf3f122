"""One snapshot, ready for cells: values are turned into cells once, whoever shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from kis_xl.excel.options import Options
from kis_xl.excel.values import Row, of_field, reader
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Holding
from kis_xl.models import Balance

_KEYS = tuple(field.key for field in HOLDING_FIELDS)


class Rows:
    """Holdings, typed and as cells, place for place."""

    def __init__(self, holdings: Sequence[Holding]) -> None:
        self.holdings = holdings
        readers = [(field.key, reader(field)) for field in HOLDING_FIELDS]
        self.cells: list[Row] = [
            tuple(["" if (value := getattr(row, key)) is None else read(value) for key, read in readers]) for row in holdings
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


class View:
    """The cells of one balance."""

    def __init__(self, balance: Balance) -> None:
        self.balance = balance

    @cached_property
    def rows(self) -> Rows:
        """A row a holding, as the service gave them."""
        return Rows(self.balance.holdings)

    @cached_property
    def stocks(self) -> Rows:
        """A row a stock."""
        return Rows(self.balance.by_stock())

    @cached_property
    def by_code(self) -> dict[str, Row]:
        """The cells of each stock by its code."""
        return {str(row[0]): row for row in self.stocks.cells}

    @cached_property
    def by_name(self) -> dict[str, Row]:
        """The cells of each stock by its name, where no other one has the same."""
        counts = Counter(row[1] for row in self.stocks.cells)
        return {str(row[1]): row for row in self.stocks.cells if counts[row[1]] == 1}

    @cached_property
    def summary(self) -> Row | None:
        """The cells of the account's totals; None where the service has none (an empty mock account)."""
        totals = self.balance.summary
        return None if totals is None else tuple(of_field(field, getattr(totals, field.key)) for field in SUMMARY_FIELDS)
