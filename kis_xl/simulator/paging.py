"""Pages and cursors.

A cursor is two texts of 100 characters: `fk` repeats what was asked, `nk` names the last row of the page. They continue
only the query they were given for, and only if they come back letter by letter, padding and all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from kis_xl.fields import PARAMETERS, Environment
from kis_xl.simulator.messages import Refusal
from kis_xl.simulator.rows import Row
from kis_xl.simulator.rules import CURSOR_KEYS

Cursor = tuple[str, str]
Owner = tuple[str, ...]

LENGTH = 100
_REMEMBERED = 50_000


def owner(appkey: str, environment: Environment, parameters: Mapping[str, str]) -> Owner:
    """Whose cursor it is: the key, the host, and every parameter of the query but the cursor itself."""
    asked = (parameters.get(entry.key, "") for entry in PARAMETERS if entry.key not in CURSOR_KEYS)
    return (appkey, environment.key, *asked)


def condition(parameters: Mapping[str, str]) -> str:
    """The text of `ctx_area_fk100`, padded."""
    asked = [parameters[key] for key in ("CANO", "ACNT_PRDT_CD", "AFHR_FLPR_YN", "FNCG_AMT_AUTO_RDPT_YN")]
    return ("^".join([*asked, "01", "01", "N"]) + "^").ljust(LENGTH)


def position(row: Row, number: int = 0) -> str:
    """The text of `ctx_area_nk100` for a page that ends with this row, padded."""
    code = f"A{row['pdno']}".rjust(12, "0")
    return f"N^{code}^300^{row['loan_dt'] or '0' * 8}^{number:02d}^".ljust(LENGTH)


def at_the_end(environment: Environment, parameters: Mapping[str, str]) -> Cursor:
    """The cursor of a last page: on real the condition stays, so that going by it goes on for ever."""
    blank = " " * LENGTH
    return (condition(parameters) if environment is Environment.REAL else blank), blank


class CursorBook:
    """Remembers which cursors were given, for which query, and where they continue."""

    def __init__(self) -> None:
        self._given: OrderedDict[tuple[Owner, Cursor], int] = OrderedDict()

    def give(self, whose: Owner, cursor: Cursor, start: int) -> Cursor:
        """Remember that `cursor` continues at row `start`."""
        self._given[whose, cursor] = start
        self._given.move_to_end((whose, cursor))
        if len(self._given) > _REMEMBERED:
            self._given.popitem(last=False)
        return cursor

    def start(self, whose: Owner, cursor: Cursor, continued: bool) -> int:
        """The row at which the asked page starts; `continued` is whether the request said N."""
        if not any(part.strip() for part in cursor):
            if continued:
                raise Refusal("SYDB0050")
            return 0
        start = self._given.get((whose, cursor))
        if start is None:
            # half a cursor, as after a last page, comes with a status of its own
            raise Refusal("SYDB0050", status=None if all(part.strip() for part in cursor) else 500)
        return start
