"""How a host of the service is reached, and the time that each step towards it may take."""

from __future__ import annotations

import queue
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy

from kis_xl.accounts import is_loopback
from kis_xl.errors import reason_of
from kis_xl.language import Text

#: Seconds for each step: with all hosts at the same time it takes some 15 s where nothing answers.
PATIENCE: Final = 4.0
_PORTS: Final = {"https": 443, "http": 80}
T = TypeVar("T")


@dataclass(frozen=True)
class Route:
    """How a host is reached: directly, or by a proxy, whose address then stands for the host's below TLS."""

    url: str
    proxy: str
    verify: str

    @property
    def host(self) -> tuple[str, int]:
        """Name and port of the service."""
        return _address(self.url)

    @property
    def next(self) -> tuple[str, int]:
        """Name and port of what is connected to."""
        return _address(self.proxy or self.url)

    @property
    def is_secure(self) -> bool:
        """Whether it is https."""
        return self.url.startswith("https:")


def route_to(url: str) -> Route:
    """As the broker's own session goes: no proxy to this machine, certificates of the environment."""
    with requests.Session() as session:
        usual = session.merge_environment_settings(url, {}, None, None, None)
    proxies = {} if is_loopback(urlsplit(url).hostname or "") else get_environ_proxies(url)
    verify = usual["verify"] if isinstance(usual["verify"], str) else DEFAULT_CA_BUNDLE_PATH
    proxy = select_proxy(url, proxies) or ""
    return Route(url, proxy if "://" in proxy or not proxy else f"http://{proxy}", verify)


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)


def why(error: OSError) -> Text:
    """Why a step failed, in the system's own words where it has any."""
    if isinstance(error, TimeoutError) and not error.strerror:
        return no_answer(PATIENCE)
    said = (error.reason if isinstance(error, ssl.SSLError) else None) or reason_of(error)
    return Text(said, said)


def no_answer(seconds: float) -> Text:
    """What is said of a step that takes too long."""
    return Text(f"{seconds:g}초 안에 응답 없음", f"no answer within {seconds:g} s")


def started(work: Callable[[], T]) -> Callable[[float | None], T]:
    """Have `work` done in a thread that the end of the program does not wait for.

    What comes back is asked for the result, or what it raised, and waits so many seconds for it; queue.Empty if it does not come.
    """
    done: queue.Queue[tuple[T | None, Exception | None]] = queue.Queue()

    def run() -> None:
        try:
            done.put((work(), None))
        except Exception as error:  # noqa: BLE001 (it is raised where the result is asked for)
            done.put((None, error))

    threading.Thread(target=run, name="kis-doctor", daemon=True).start()

    def result(timeout: float | None) -> T:
        value, error = done.get(timeout=timeout)
        if error is not None:
            raise error
        return value  # type: ignore[return-value]

    return result
