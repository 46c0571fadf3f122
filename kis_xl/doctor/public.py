"""What may be pasted in public: a text without whose machine and whose account it is about."""

from __future__ import annotations

import getpass
import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from kis_xl.configfile import ENV_ACCOUNT
from kis_xl.doctor.finding import Whose
from kis_xl.language import Language, Text
from kis_xl.redaction import one_line, redact

#: Names that half of all machines have; they tell nothing, and some are words of our own sentences.
_EVERYBODYS: Final = frozenset({"root", "user", "admin", "administrator", "guest", "localhost", "home", "public", "default"})
_TELLS_NOTHING: Final = re.compile(r"\w|\d{1,3}")
#: The names of our variables are not taken apart.
_OURS: Final = r"(?P<ours>(?-i:KIS_XL_[A-Z_]+)\b)"
_AN_ACCOUNT: Final = Text("계좌", "an account")
_USER: Final = "<user>"
_HOST: Final = "<host>"
#: Another user's folder, or this user's under its short name on Windows.
_HOMES: Final = re.compile(r"(?i)([\\/](?:users|home)[\\/]+)(?!<)[^\\/\r\n]+(?=[\\/])")
_COMPANY_CLOUD: Final = re.compile(r"(?i)\b(OneDrive)( - |-)[^\\/\r\n]+")
_ADDRESS: Final = re.compile(r"(?<![\d.])(?!127\.)(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])")
_CREDENTIALS: Final = re.compile(r"(?i)([a-z][a-z0-9+.-]*://)[^/\s@]+@")


class Public:
    """Hides the home folder, the names of user, machine and accounts, addresses and secrets in what it is given."""

    def __init__(self, accounts: Sequence[Whose] = (), hidden: Iterable[str] = (), language: Language = "en") -> None:
        self._homes = _homes()
        names = {whose.name: whose.public.in_(language) for whose in accounts if whose.name != ENV_ACCOUNT}
        for name in hidden:
            names.setdefault(name, _AN_ACCOUNT.in_(language))
        for value, shown in ((_user_names(), _USER), (_host_names(), _HOST)):
            for name in value:
                names.setdefault(name, shown)
        self._shown = {name.casefold(): shown for name, shown in names.items()}
        self._names = _finder(names)

    def text(self, text: str) -> str:
        """`text` as others may read it."""
        text = _CREDENTIALS.sub(r"\1", redact(one_line(text)))
        text = self._homes.sub("~", text)
        text = _COMPANY_CLOUD.sub(r"\1\2…", _HOMES.sub(rf"\1{_USER}", text))
        text = _ADDRESS.sub("x.x.x.x", text)
        return self._names.sub(lambda found: found["ours"] or self._shown.get(found[0].casefold(), _USER), text)

    def value(self, value: object) -> Any:
        """The same of whatever JSON can hold; what it cannot hold becomes text. Keys are ours."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {str(key): self.value(member) for key, member in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.value(member) for member in value]
        return self.text(str(value))


def without_credentials(url: str) -> str:
    """An address without user name and password."""
    return _CREDENTIALS.sub(r"\1", url if "://" in url else f"http://{url}")


def _homes() -> re.Pattern[str]:
    """The home folder in each form in which it may turn up."""
    found: set[str] = set()
    with suppress(RuntimeError, OSError):
        found |= {str(Path.home()), str(Path.home().resolve())}
    found |= {os.environ.get(name, "") for name in ("HOME", "USERPROFILE")}
    forms = {form for home in found for form in (home, home.replace("\\", "/"), home.replace("\\", "\\\\")) if len(form) > 1}
    if not forms:
        return re.compile(r"(?!)")
    listed = "|".join(re.escape(form.rstrip("\\/")) for form in sorted(forms, key=len, reverse=True))
    return re.compile(rf"(?:{listed})(?![\w-])", re.IGNORECASE if os.name == "nt" else 0)


def _user_names() -> Iterator[str]:
    names = {os.environ.get(name, "") for name in ("USER", "USERNAME", "LOGNAME")}
    with suppress(KeyError, OSError, ImportError):
        names.add(getpass.getuser())
    with suppress(RuntimeError, OSError):
        names.add(Path.home().name)
    return (name for name in names if name and name.casefold() not in _EVERYBODYS)


def _host_names() -> Iterator[str]:
    names = {os.environ.get(name, "") for name in ("COMPUTERNAME", "HOSTNAME", "USERDOMAIN")}
    with suppress(OSError):
        names |= {socket.gethostname(), socket.gethostname().partition(".")[0]}
    return (name for name in names if name and name.casefold() not in _EVERYBODYS)


def _finder(names: Iterable[str]) -> re.Pattern[str]:
    """Names in Hangul are found anywhere, also before an ending; others where no other letter is beside them."""
    parts = [
        rf"(?<![^\W_]){re.escape(name)}(?![^\W_])" if name.isascii() else re.escape(name)
        for name in sorted(names, key=len, reverse=True)
        if name and not _TELLS_NOTHING.fullmatch(name)
    ]
    return re.compile("|".join([_OURS, *parts]), re.IGNORECASE)
