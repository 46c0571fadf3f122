"""Markdown that GitHub and Sphinx both read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kis_xl.language import Text


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table, and an empty one."""
    return [_row(header), "|" + " --- |" * len(header), *map(_row, rows), ""]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def plain(text: str) -> str:
    """`text` for a cell of a table, as it stands: nothing in it is a mark."""
    for mark, instead in (("\\", "\\\\"), ("|", "\\|"), ("*", "\\*"), ("<", "&lt;"), ("\n", " ")):
        text = text.replace(mark, instead)
    return text


def both(text: Text) -> str:
    """A text in both languages, one below the other, for a cell of a table."""
    return "<br>".join(plain(part) for part in dict.fromkeys((text.en, text.ko)) if part)
