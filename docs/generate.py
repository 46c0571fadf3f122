"""Writes the pages of `docs/` that are made from the code: `python -m docs.generate`. A test compares them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from docs.generator import error_pages, function_pages, tables
from kis_xl.excel import wrappers

FOLDER = Path(__file__).parent

#: Every made page, by its place in this folder.
PAGES: dict[str, Callable[[], str]] = {
    "fields.md": tables.field_tables,
    "settings.md": tables.settings_table,
    "errors.md": error_pages.error_tables,
    "functions.md": function_pages.overview,
    **{f"functions/{name}.md": partial(function_pages.page, name) for name in wrappers.names()},
}


def main() -> None:
    """Write them all, and remove the page of a function that has gone."""
    (FOLDER / "functions").mkdir(exist_ok=True)
    for page in FOLDER.glob("functions/*.md"):
        if f"functions/{page.name}" not in PAGES:
            page.unlink()
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
