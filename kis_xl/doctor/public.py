"""What may be pasted in public: a text without whose machine and whose account it is about.

places   folders that have a name of their own, `<data>/config.toml`; of other paths the last part
names    of accounts, user, machine, proxy and servers
numbers  addresses of machines, account and phone numbers, whatever else has as many digits
"""

from __future__ import annotations

import getpass
import ipaddress
import os
import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from kis_xl.configfile import ENV_ACCOUNT
from kis_xl.doctor.finding import Whose
from kis_xl.doctor.paths import folders, last_parts
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
_PROXY: Final = "<proxy>"
_SERVER: Final = "<server>"
_COMPANY_CLOUD: Final = re.compile(r"(?i)\b(OneDrive)( - |-)[^\\/\r\n]+")
_ADDRESS: Final = re.compile(r"(?<![\d.])(?!127\.)(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])")
#: Whatever could be an address of the newer kind; times of day could not.
_NEW_ADDRESS: Final = re.compile(r"(?i)(?<![\w:.])(?:[0-9a-f:]*:(?:\d+\.){3}\d+|[0-9a-f]*:[0-9a-f:]*)(?:%\w+)?(?!\w)")
_PHONE: Final = re.compile(r"(?<![\w.-])(?:\+?82[ .-]?0?1|01)[016789][ .-]?\d{3,4}[ .-]?\d{4}(?![\w-])")
#: An account number, also with its product code, and what is as long; dates and versions are grouped otherwise.
_NUMBER: Final = re.compile(r"(?<!\d)(?:\d{8,}|\d{4}([- ])\d{4}\1\d{2})(?!\d)(?:-\d{2}(?!\d))?")
_CREDENTIALS: Final = re.compile(r"(?i)([a-z][a-z0-9+.-]*://)[^/\s@]+@")


class Public:
    """Hides secrets, names, numbers, addresses and paths in what it is given.

    `accounts` are called by their numbers, other `hidden` names `an account`. `places` are folders and what they are called;
    `hosts` are servers whose names are hidden as the proxy's is.
    """

    def __init__(
        self,
        accounts: Sequence[Whose] = (),
        hidden: Iterable[str] = (),
        language: Language = "en",
        *,
        places: Mapping[Path, str] | None = None,
        hosts: Iterable[str] = (),
    ) -> None:
        self._places = folders({**(places or {}), **_homes()})
        names = {whose.name: whose.public.in_(language) for whose in accounts if whose.name != ENV_ACCOUNT}
        for name in hidden:
            names.setdefault(name, _AN_ACCOUNT.in_(language))
        known = ((_user_names(), _USER), (_host_names(), _HOST), (_proxies(), _PROXY), (_not_everybodys(hosts), _SERVER))
        for value, shown in known:
            for name in value:
                names.setdefault(name, shown)
        self._shown = {name.casefold(): shown for name, shown in names.items()}
        self._names = _finder(names)

    def text(self, text: str) -> str:
        """`text` as others may read it."""
        text = _CREDENTIALS.sub(r"\1", redact(one_line(text)))
        text = last_parts(self._places(text), _USER)
        text = _COMPANY_CLOUD.sub(r"\1\2…", text)
        text = _ADDRESS.sub("x.x.x.x", _NEW_ADDRESS.sub(_without_address, text))
        text = _NUMBER.sub(_in_stars, _PHONE.sub("********", text))
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


def _in_stars(found: re.Match[str]) -> str:
    return re.sub(r"\d", "*", found[0])


def _without_address(found: re.Match[str]) -> str:
    """A colon may follow the address that is none of it."""
    for text in (found[0], found[0].removesuffix(":")):
        with suppress(ValueError):
            return found[0] if ipaddress.IPv6Address(text).is_loopback else f"x:x{found[0][len(text) :]}"
    return found[0]


def _homes() -> dict[Path, str]:
    """The home folder by each of its names."""
    named = {os.environ.get(name, "") for name in ("HOME", "USERPROFILE")}
    found = {Path(name) for name in named if name}
    with suppress(RuntimeError, OSError):
        found.add(Path.home())
    return dict.fromkeys(found, "~")


def _user_names() -> Iterator[str]:
    names = {os.environ.get(name, "") for name in ("USER", "USERNAME", "LOGNAME")}
    with suppress(KeyError, OSError, ImportError):
        names.add(getpass.getuser())
    with suppress(RuntimeError, OSError):
        names.add(Path.home().name)
    return _not_everybodys(names)


def _host_names() -> Iterator[str]:
    names = {os.environ.get(name, "") for name in ("COMPUTERNAME", "HOSTNAME", "USERDOMAIN")}
    with suppress(OSError):
        names |= {socket.gethostname(), socket.gethostname().partition(".")[0]}
    return _not_everybodys(names)


def _proxies() -> Iterator[str]:
    """The names of the proxies, by the environment or the system's own settings."""
    names = set()
    for scheme, url in getproxies().items():
        with suppress(ValueError):
            names.add("" if scheme == "no" else urlsplit(without_credentials(url)).hostname or "")
    return _not_everybodys(names)


def _not_everybodys(names: Iterable[str]) -> Iterator[str]:
    """Addresses are none: those that tell something are hidden anyway."""
    return (name for name in names if name and name.casefold() not in _EVERYBODYS and not name.replace(".", "").isdecimal())


def _finder(names: Iterable[str]) -> re.Pattern[str]:
    """Names in Hangul are found anywhere, also before an ending; others where no other letter is beside them."""
    parts = [
        rf"(?<![^\W_]){re.escape(name)}(?![^\W_])" if name.isascii() else re.escape(name)
        for name in sorted(names, key=len, reverse=True)
        if name and not _TELLS_NOTHING.fullmatch(name)
    ]
    return re.compile("|".join([_OURS, *parts]), re.IGNORECASE)
