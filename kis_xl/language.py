"""Text in Korean and English, and which of the two is shown."""

from __future__ import annotations

import locale
import os
import unicodedata
from typing import Literal, NamedTuple

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")


def is_wide(letter: str) -> bool:
    """Whether a letter takes two places, as Hangul and other East Asian letters do."""
    return unicodedata.east_asian_width(letter) in "WF"


def cells_wide(text: str) -> int:
    """How many places a text takes on a screen or in a column."""
    return sum(2 if is_wide(letter) else 1 for letter in text)


class Text(NamedTuple):
    """One text in both languages; both are required, so that neither can be forgotten."""

    ko: str
    en: str

    def in_(self, language: Language | None = None) -> str:
        """The text in `language`, by default in the user's."""
        return self.ko if (language or current()) == "ko" else self.en


#: Nothing to say, in both languages.
NO_TEXT = Text("", "")


_preferred: Language | None = None


def prefer(language: Language | None) -> None:
    """Have `language` where KIS_XL_LANG is not set; None for the system's."""
    global _preferred
    _preferred = language


def current() -> Language:
    """The user's language: KIS_XL_LANG where it is set, then what is preferred, then Korean on a Korean system and English elsewhere."""
    wanted = os.environ.get("KIS_XL_LANG", "").strip().lower()
    if wanted in ("ko", "en"):
        return "ko" if wanted == "ko" else "en"
    if _preferred is not None:
        return _preferred
    try:
        system = locale.getlocale()[0] or ""
    except ValueError:  # an environment with a locale that does not exist
        system = ""
    system = system or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "ko" if system.lower().startswith(("ko", "korean")) else "en"
