"""Everything that can go wrong.

    KisError                      CODE       exit
    ├── ConfigError               CONFIG     2     a setting is missing or wrong
    │   └── EnvironmentMismatch   CONFIG     2     keys, host and environment do not belong together
    ├── ArgumentError             ARGUMENT   2     a parameter has a value that is not allowed
    ├── AccountError              ACCOUNT    2     the account is unknown, or does not belong to the keys
    ├── AuthError                 AUTH       3     the app key, app secret or token was refused
    │   └── PermissionDenied      AUTH       3     the keys are right but may not do this
    ├── RateLimitError            RATE       4     refused for calling too often, and waiting did not help
    ├── NetworkError              NETWORK    5     no connection, or it broke
    │   ├── TimedOut              NETWORK    5     no answer in time
    │   └── ServerUnavailable     NETWORK    5     the server answered that it cannot answer
    ├── DataError                 DATA       6     the answer is not understood
    │   ├── FieldError            DATA       6     a field is missing or malformed; names row and field
    │   ├── IncompleteError       DATA       6     the pages do not add up to a whole account
    │   ├── ApiError              DATA       6     the service refused for a reason that is not known here
    │   └── Cancelled             DATA       6     the user called the fetch off; nothing was changed
    └── OutputError               OUTPUT     7     a file cannot be written

Each error says what happened and what to do, in Korean and English; all texts are redacted when the error is made.
A KisError that reaches the user as INTERNAL (exit 1) would be a bug.
"""

from __future__ import annotations

from typing import Any, ClassVar

from kis_xl.language import NO_TEXT, Language, Text
from kis_xl.redaction import one_line, redact


class KisError(Exception):
    """The base of all errors of this package.

    `what` and `hint` are texts in both languages; `http_status`, `msg_cd` and `msg1` are what the service answered,
    where it did. `str()` is one line in the user's language.
    """

    code: ClassVar[str] = "INTERNAL"
    exit_code: ClassVar[int] = 1

    def __init__(self, what: Text, hint: Text = NO_TEXT, *, http_status: int | None = None, msg_cd: str = "", msg1: str = "") -> None:
        self.what = Text(redact(what.ko), redact(what.en))
        self.hint = Text(redact(hint.ko), redact(hint.en))
        self.http_status = http_status
        self.msg_cd = _said(msg_cd, 20)
        self.msg1 = _said(msg1, 200)
        super().__init__(self.what.en)

    def message(self, language: Language | None = None) -> str:
        """What happened, in one line, with the service's own words where there are any."""
        said = " ".join(part for part in (self.msg_cd, self.msg1) if part)
        status = f"HTTP {self.http_status}" if self.http_status not in (None, 200) else ""
        answer = ", ".join(part for part in (status, said) if part)
        return self.what.in_(language) + (f" [{answer}]" if answer else "")

    def __str__(self) -> str:
        return self.message()

    def __reduce__(self) -> tuple[Any, ...]:
        # the default passes only `args`, which does not fit the signature: an error could not cross a process boundary
        return _rebuild, (type(self), dict(self.__dict__))


def _said(text: str, longest: int) -> str:
    """The service's words: in one line, without what a terminal would obey, not endless."""
    return redact(one_line(text[: 4 * longest]))[:longest]


def reason_of(error: OSError) -> str:
    """Why the operating system refused, in its own words, without the path that it adds."""
    return error.strerror or type(error).__name__


def _rebuild(kind: type[KisError], state: dict[str, Any]) -> KisError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    error.args = (state["what"].en,)
    return error


class ConfigError(KisError):
    """A setting is missing or wrong; the message names it."""

    code = "CONFIG"
    exit_code = 2


class EnvironmentMismatch(ConfigError):
    """Real keys on the mock host, mock keys on the real host, or a transaction id of the other environment."""


class ArgumentError(KisError):
    """A parameter has a value that is not allowed; the message names it and the allowed values."""

    code = "ARGUMENT"
    exit_code = 2


class AccountError(KisError):
    """The account is unknown, malformed, or does not belong to the keys."""

    code = "ACCOUNT"
    exit_code = 2


class AuthError(KisError):
    """The service does not accept the app key, the app secret or the token."""

    code = "AUTH"
    exit_code = 3


class PermissionDenied(AuthError):
    """The keys are right but may not make this call: service not applied for, address not allowed, corporate fields."""


class RateLimitError(KisError):
    """The service kept refusing for the number of calls, or a free slot did not come in time."""

    code = "RATE"
    exit_code = 4


class NetworkError(KisError):
    """No connection, or it broke before the answer was whole."""

    code = "NETWORK"
    exit_code = 5


class TimedOut(NetworkError):
    """No connection or no answer in the time allowed."""


class ServerUnavailable(NetworkError):
    """The server answered, but with a fault of its own (5xx, an HTML page, a passing message code)."""


class DataError(KisError):
    """The service's answer, or what is stored, is not understood; nothing of it is shown."""

    code = "DATA"
    exit_code = 6


class FieldError(DataError):
    """A field is missing or malformed. `section` is output1 or output2, `row` counts from 1, `field` is the API key."""

    def __init__(self, section: str, row: int, field: str, what: Text, hint: Text = NO_TEXT) -> None:
        super().__init__(what, hint)
        self.section = section
        self.row = row
        self.field = field


class IncompleteError(DataError):
    """The pages do not make up one whole account: a cursor repeats, pages never end, or the data kept changing."""


class ApiError(DataError):
    """The service refused with a message code that has no meaning here."""


class Cancelled(DataError):
    """The user called the fetch off; what was read by then is dropped and what was shown stays."""


class OutputError(KisError):
    """A file cannot be written; nothing half written is left."""

    code = "OUTPUT"
    exit_code = 7
