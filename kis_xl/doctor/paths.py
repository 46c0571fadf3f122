"""Paths as others may read them: what a folder is called instead of where it is, and of any other path the last part.

A path stands in a sentence, and its parts may hold blanks, so where it ends is not certain: rather too much goes than too little.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

#: Where a path begins: a drive, a server, the root (not the slashes of an address on the web, nor those between two words).
_BEGIN: Final = (
    r"(?<![\w\\/.~>…])(?:[\\/]{2}[?.][\\/])?[A-Za-z]:[\\/]+"
    r"|(?<![\w\\/.~>…:])\\{2,}(?=[^\s\\])"
    r"|(?:(?<![\w\\/.~>…:])/{1,2}|(?<=file://)/|(?<=:)/(?!/))(?=[^\s/`'\")])"
    r"|~[\\/]+"
)
#: A folder: up to the next separator, before which stands nothing that could end a path.
_FOLDER: Final = r"[^\\/\r\n]*[^\\/\r\n\s(\[=:'\"`,;][\\/]+"
_ABOVE: Final = re.compile(rf"({_BEGIN})((?:{_FOLDER})*)(?=[^\s\\/])")
#: The folder of a user: another one, or this one under its short name on Windows. What follows it may be part of its name.
_USERS: Final = re.compile(
    r"(?i)([\\/](?:users|homes?|profiles)\$?[\\/]+)(?!<)"
    r"(?:[^\\/\r\n]*[^\\/\r\n\s(](?=[\\/])|[^\\/\r\n:;,|\"'()<>]*[^\\/\r\n:;,|\"'()<>\s])"
)


def folders(names: Mapping[Path, str]) -> Callable[[str], str]:
    """What puts names in the place of folders, wherever these turn up and in whichever form; the first of a folder's names holds."""
    shown: dict[str, str] = {}
    for path, name in names.items():
        for form in _forms(path):
            shown.setdefault(form, name)
    if not shown:
        return lambda text: text
    listed = "|".join(re.escape(form) for form in sorted(shown, key=len, reverse=True))
    found = re.compile(rf"(?<![\w.~-])(?:{listed})(?![\w-])", re.IGNORECASE if os.name == "nt" else 0)
    folded = {form.casefold(): name for form, name in shown.items()}
    return lambda text: found.sub(lambda match: folded[match[0].casefold()], text)


def _forms(path: Path) -> set[str]:
    """With links and without, with each of the separators, and as programs write it between quotes."""
    found = {str(path)}
    with suppress(OSError, RuntimeError):
        found.add(str(path.resolve()))
    forms = {form.rstrip("\\/") for text in found for form in (text, text.replace("\\", "/"), text.replace("\\", "\\\\"))}
    return {form for form in forms if len(form) > 1}


def last_parts(text: str, user: str) -> str:
    """`text` with the last part only of each path in it, and `user` for the names of users' folders."""
    return _ABOVE.sub(_without_above, _USERS.sub(rf"\1{user}", text))


def _without_above(found: re.Match[str]) -> str:
    begin, above = found[1], found[2]
    separator = "\\" if "\\" in begin else "/"
    if not begin.startswith("~"):
        return f"…{separator}"
    return f"~{separator}…{separator}" if above else begin
