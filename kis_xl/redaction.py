"""Keeping secrets out of everything that is printed, logged, raised or written.

Two nets, since either alone has holes: values known to be secret are registered and replaced wherever they appear,
and what looks like a secret by its surroundings (a query string, a bearer token) is replaced even when nobody
registered it.
"""

from __future__ import annotations

import logging
import re
import threading
from urllib.parse import quote, quote_plus

HIDDEN = "***"
_LONGEST_SHOWN = 24
_DIGITS = re.compile(r"\d{8,}")
#: An account number as people group it; a date is grouped otherwise.
_GROUPED = re.compile(r"(?<!\d)(\d{4})([-. ])\d{4}(?!\d)")

_NAMES = "appkey|appsecret|secretkey|personalseckey|access_token|refresh_token|approval_key|token|phone_number|authorization"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"), HIDDEN),
    (re.compile(r"(?i)(bearer\s+)[^\s\"',}]+"), r"\1" + HIDDEN),
    (re.compile(r"(?i)((?:CANO|ctx_area_fk100)\W{1,6}\d{4})\d{4}"), r"\1****"),
    (re.compile(rf"(?i)(['\"](?:{_NAMES})['\"]\s*:\s*['\"])[^'\"]*"), r"\1" + HIDDEN),
    (re.compile(rf"(?i)\b((?:{_NAMES})=)[^&\s'\"]+"), r"\1" + HIDDEN),
    (re.compile(r"\b(\d{4})\d{4}(-\d{2})\b(?!-\d)"), r"\1****\2"),
)

_lock = threading.Lock()
_registered: dict[str, str] = {}
_finder: re.Pattern[str] | None = None


def register(value: str, shown_as: str = HIDDEN) -> None:
    """Have `value` replaced by `shown_as` in everything redacted from now on, also in its URL-encoded forms."""
    global _finder
    if len(value) < 4:  # so short a value would blank out half of every text and protects nothing
        return
    with _lock:
        if _registered.get(value) == shown_as:
            return
        spelt = "surrogatepass"  # a value from outside may hold what is no letter
        for form in {value, quote(value, safe="", errors=spelt), quote(value, errors=spelt), quote_plus(value, errors=spelt)}:
            _registered[form] = shown_as
        longest_first = sorted(_registered, key=len, reverse=True)
        _finder = re.compile("|".join(map(re.escape, longest_first)))


def redact(text: str) -> str:
    """`text` without registered secrets and without what looks like one."""
    if _finder is not None:
        text = _finder.sub(lambda found: _registered[found.group()], text)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def shown(value: str) -> str:
    """What a user typed, quoted in an error: without long runs of digits (an account number), not at all if long (a key)."""
    value = value.strip()
    if len(value) > _LONGEST_SHOWN:
        return f"({len(value)} characters)"
    return repr(redact(_without_numbers(value)))


def one_line(text: str) -> str:
    """`text` without line breaks and whatever else a terminal would obey."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _without_numbers(text: str) -> str:
    return _GROUPED.sub(r"\1\2****", _DIGITS.sub(lambda run: run.group()[:4] + "*" * (len(run.group()) - 4), text))


def shown_message(message: str) -> str:
    """A message of another's making that repeats what a user typed, treated likewise."""
    words = (word if len(word) <= 2 * _LONGEST_SHOWN else f"({len(word)} characters)" for word in message.split())
    return redact(_without_numbers(" ".join(words)))


class Secret:
    """A value that is used but never shown: its repr and str are `***`, and it is registered for redaction."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        register(value)

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"Secret({HIDDEN!r})"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled: it would be written in the clear")


class RedactingFilter(logging.Filter):
    """Redacts the message and the traceback of every log record that passes."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true: the record passes, redacted."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


_FILTER = RedactingFilter()
# as libraries do: silence where the program that uses this one has set up no logging
logging.getLogger("kis_xl").addHandler(logging.NullHandler())


def get_logger(name: str) -> logging.Logger:
    """The logger `name`, all of whose records are redacted. A filter does not reach child loggers, so each gets it."""
    logger = logging.getLogger(name)
    if _FILTER not in logger.filters:
        logger.addFilter(_FILTER)
    return logger


def guard_http_logs() -> None:
    """Redact what the HTTP library logs: at DEBUG it writes each request's query string, account number and all."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry", "urllib3.connection", "requests"):
        get_logger(name)
