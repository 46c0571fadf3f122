"""The configuration file as lines: which key stands where, and tables added, renamed and taken out with nothing else touched.

Text in, text out. A library rewrites values (see `configedit`); for whole tables it would take the comments along that stand
between one and the next, and does not know tables of one kind that lie apart.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

At: TypeAlias = tuple[str, ...]


def line_of(text: str, at: At) -> int:
    """The line, from 1, on which the key `at` stands, or else the table that it belongs to.

    The parser of the standard library does not tell; so each line is parsed by itself for the key that it begins.
    """
    best, length = 1, 0
    table: At = ()
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("["):
            table = _path(line) or table
            path = table
        else:
            path = (*table, *_path(line.partition("=")[0] + "= 0"))
        common = min(len(path), len(at))
        if path[:common] == at[:common] and common > length:
            best, length = number, common
    return best


def with_account(text: str, name: str, table: Mapping[str, Any]) -> str:
    """`text` and the table of an account behind it."""
    import tomlkit  # noqa: PLC0415 (whoever only reads the file needs none)

    written = tomlkit.table()
    written.update({key: value for key, value in table.items() if not isinstance(value, Mapping)})
    lines = [f"[accounts.{_key(name)}]", *tomlkit.dumps(written).splitlines()]
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += ["", f"[accounts.{_key(name)}.{_key(key)}]", *tomlkit.dumps(value).splitlines()]
    before = text.rstrip()
    return _as_before(text, (f"{before}\n\n" if before else "") + "\n".join(lines) + "\n")


def without_account(text: str, name: str) -> str:
    """`text` without the tables of an account. The comment above the table that follows belongs to that one, and stays."""
    kept: list[str] = []
    dropped: list[str] = []
    inside = False
    for line in text.split("\n"):
        if line.lstrip().startswith("["):
            was_inside, inside = inside, _is_of(_path(line), name)
            if was_inside and not inside:
                kept += _comment_at_the_end(dropped)
                dropped = []
        (dropped if inside else kept).append(line)
    if inside:
        kept += _comment_at_the_end(dropped)
    return "\n".join(kept).rstrip() + "\n"


def with_account_renamed(text: str, name: str, new: str) -> str:
    """`text` with another name in the headers of an account's tables."""
    return "\n".join(_renamed(line, name, new) for line in text.split("\n"))


def _renamed(line: str, name: str, new: str) -> str:
    path = _path(line) if line.lstrip().startswith("[") else ()
    if not _is_of(path, name):
        return line
    header = ".".join(_key(part) for part in ("accounts", new, *path[2:]))
    return f"[{header}]{line[_end_of_header(line) :]}"


def _is_of(path: At, name: str) -> bool:
    return len(path) > 1 and path[0] == "accounts" and unicodedata.normalize("NFC", path[1].strip()) == name


def _comment_at_the_end(lines: list[str]) -> list[str]:
    """The comment with which these lines end, and the blank line before it; nothing where they end otherwise."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    comment = lines[end:]
    return comment if any(line.strip() for line in comment) else []


def _path(line: str) -> At:
    """The keys of the one line of TOML, () where it is none."""
    try:
        table: Any = tomllib.loads(line.rstrip("\r"))
    except (ValueError, RecursionError):
        return ()
    path = []
    while isinstance(table, dict) and table:
        key, table = next(iter(table.items()))
        path.append(key)
    return tuple(path)


def _end_of_header(line: str) -> int:
    """Where the header of a table ends: behind the bracket with which it is whole."""
    return next(end for end in _brackets(line) if _path(line[:end]))


def _brackets(line: str) -> Iterator[int]:
    return (place + 1 for place, letter in enumerate(line) if letter == "]")


def _key(name: str) -> str:
    import tomlkit  # noqa: PLC0415 (as above)

    return tomlkit.key(name).as_string()


def _as_before(text: str, changed: str) -> str:
    """`changed` with the ends of lines that `text` has."""
    return changed.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in text else changed
