"""Doing for several accounts what is done for one: side by side, and with errors that say whose they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from kis_xl.errors import KisError
from kis_xl.language import Text
from kis_xl.redaction import redact

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class OfAccount:
    """What went wrong, and the name of the account with which."""

    name: str
    error: KisError

    def named(self) -> KisError:
        """The same error, which names the account."""
        said = copy(self.error)
        said.what = Text(*(redact(f"{self.name}: {what}") for what in self.error.what))
        said.args = (said.what.en,)
        return said


def tried(function: Callable[[Item], Result], item: Item) -> Result | KisError:
    """What `function` returns, or the KisError that it raises."""
    try:
        return function(item)
    except KisError as error:
        return error


def at_once(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result | KisError]:
    """What `function` returns for each item, or the KisError that it raises; in threads where there are several."""
    if len(items) < 2:
        return [tried(function, item) for item in items]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (cells that show what is there need none)

    with ThreadPoolExecutor(len(items), "kis_xl account") as pool:
        return list(pool.map(partial(tried, function), items))
