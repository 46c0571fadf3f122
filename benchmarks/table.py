"""A line of the result, and how it is printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """What was measured, its value, what it should be, and what it was made of. None: not measured."""

    name: str
    value: float | None
    wanted: str
    made_of: str

    @property
    def verdict(self) -> str:
        """`ok`, `MISSED`, or nothing where there is nothing to meet."""
        if self.value is None or not self.wanted:
            return ""
        relation, _, bound = self.wanted.rpartition(" ")
        met = {"≤": self.value <= float(bound), "≥": self.value >= float(bound), "": self.value == float(bound)}[relation]
        return "ok" if met else "MISSED"

    def __str__(self) -> str:
        value = "-" if self.value is None else f"{self.value:.2f}" if self.value % 1 else f"{self.value:.0f}"
        return f"{self.name:<58} {value:>8}  {self.wanted:<8} {self.verdict:<7} {self.made_of}"
