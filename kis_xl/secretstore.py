"""Where secrets are kept: the operating system's own store, or, where there is none, a file that only its owner can read.

An account's secrets (app key, app secret, account number, and what identifies a corporation) are one entry. Its name is
random and stands in the configuration file, so an account can be renamed and two data folders do not meet.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol

from kis_xl.datafolder import DataFolder, keep_to_owner, write_atomically
from kis_xl.errors import ConfigError, reason_of
from kis_xl.language import Text
from kis_xl.redaction import get_logger, register

if TYPE_CHECKING:
    from pathlib import Path

_log = get_logger(__name__)
SYSTEM: Final = "system"
FILE: Final = "file"
#: Which store is used for new secrets: `auto` is the system's where it has one.
CHOICES: Final = ("auto", SYSTEM, FILE)
_SERVICE: Final = "kis_xl"
_USER: Final = "keys"
#: Long enough to type the password of a keychain.
_PATIENCE: Final = 90.0
_patience: ContextVar[float | None] = ContextVar("patience", default=None)
_ID: Final = re.compile(r"[0-9a-f]{16}")


class SecretStore(Protocol):
    """Entries of texts by key. Errors are ConfigError."""

    kind: str
    caption: Text

    def read(self, name: str) -> dict[str, str] | None:
        """The entry, None where there is none."""

    def write(self, name: str, entry: Mapping[str, str]) -> None:
        """Put an entry in the place of the one that is there."""

    def delete(self, name: str) -> None:
        """Take an entry out; one that is not there is out already."""


def new_name() -> str:
    """A name for an entry that no other has."""
    return secrets.token_hex(8)


def is_name(text: str) -> bool:
    """Whether `text` could be an entry's name; it becomes part of a file's."""
    return _ID.fullmatch(text) is not None


class FileStore:
    """A file an entry, in a folder that only its owner can read."""

    kind = FILE
    caption = Text("데이터 폴더의 파일 (암호화되지 않음, 본인만 읽기)", "files of the data folder (not encrypted, for their owner only)")

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    def read(self, name: str) -> dict[str, str] | None:
        """See `SecretStore`."""
        path = self._path(name)
        try:
            keep_to_owner(path)
            return _entry(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            fault = _failed(Text("에서 앱키를 읽을", "read"), f"{path}: {reason_of(error)}")
        raise fault

    def write(self, name: str, entry: Mapping[str, str]) -> None:
        """See `SecretStore`."""
        path = self._path(name)
        try:
            write_atomically(path, json.dumps(dict(entry)).encode())
        except OSError as error:
            fault = _failed(Text("에 앱키를 저장할", "stored"), f"{path}: {reason_of(error)}")
        else:
            return
        raise fault

    def delete(self, name: str) -> None:
        """See `SecretStore`."""
        try:
            path = self._path(name)
            # what a process left that was killed while it wrote the entry goes along
            for each in (path, *path.parent.glob(f".{path.name}.*")):
                each.unlink(missing_ok=True)
        except OSError as error:
            fault = _failed(Text("에서 앱키를 지울", "deleted"), reason_of(error))
        else:
            return
        raise fault

    def _path(self, name: str) -> Path:
        return self._folder.part("secrets") / f"{name}.json"


class SystemStore:
    """Windows Credential Manager, the Keychain of a Mac, a Secret Service on Linux."""

    kind = SYSTEM

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        called = str(getattr(backend, "name", type(backend).__name__))
        known = {"WinVaultKeyring": Text("Windows 자격 증명 관리자", "Windows Credential Manager")}
        if type(backend).__module__.endswith("macOS"):
            known[type(backend).__name__] = Text("macOS 키체인", "the Keychain")
        self.caption = known.get(type(backend).__name__, Text(f"운영체제의 보안 저장소 ({called})", f"the system's store ({called})"))

    def read(self, name: str) -> dict[str, str] | None:
        """See `SecretStore`."""
        stored = self._do(Text("에서 앱키를 읽을", "read"), "get_password", name, _USER)
        return None if stored is None else _entry(str(stored).encode(errors="replace"))

    def write(self, name: str, entry: Mapping[str, str]) -> None:
        """See `SecretStore`."""
        # ASCII and short: the store of Windows takes 1,280 letters
        self._do(Text("에 앱키를 저장할", "stored"), "set_password", name, _USER, json.dumps(dict(entry), separators=(",", ":")))

    def delete(self, name: str) -> None:
        """See `SecretStore`."""
        if self._do(Text("에서 앱키를 읽을", "read"), "get_password", name, _USER) is not None:
            self._do(Text("에서 앱키를 지울", "deleted"), "delete_password", name, _USER)

    def _do(self, what: Text, method: str, name: str, *given: str) -> Any:
        try:
            return _in_time(lambda: getattr(self._backend, method)(f"{_SERVICE}:{name}", *given))
        except Exception as error:  # noqa: BLE001 (each system's store fails in its own way)
            _log.warning("the secret store failed: %s", type(error).__name__)  # what it says could be what it was given
            fault = _failed(what, f"{self.caption.in_()}: {type(error).__name__}")
        raise fault


def _in_time(call: Callable[[], Any]) -> Any:
    """What `call` returns. TimeoutError where it does not end: a store may wait for a password in a window that nobody sees."""
    answers: list[tuple[Any, Exception | None]] = []

    def answer() -> None:
        try:
            answers.append((call(), None))
        except Exception as error:  # noqa: BLE001 (raised below, in the thread that asked)
            answers.append((None, error))

    thread = threading.Thread(target=answer, name="kis_xl secret store", daemon=True)
    thread.start()
    seconds = _patience.get()
    thread.join(_PATIENCE if seconds is None else seconds)
    if not answers:
        raise TimeoutError
    result, error = answers[0]
    if error is not None:
        raise error
    return result


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Wait so long for each answer of the system's store, where nobody may be there to type a password. Holds for this thread."""
    before = _patience.set(seconds)
    try:
        yield
    finally:
        _patience.reset(before)


def _entry(data: bytes) -> dict[str, str]:
    try:
        stored = json.loads(data.decode())
        entry = {str(key): str(value) for key, value in stored.items()}
        for value in entry.values():
            value.encode()  # half a letter could be neither sent nor hidden
    except (ValueError, AttributeError, RecursionError):
        fault = _failed(Text("에서 앱키를 읽을", "read"), Text("내용이 손상됨", "it is damaged").in_())
    else:
        for value in entry.values():
            register(value)
        return entry
    raise fault


def _failed(what: Text, why: str) -> ConfigError:
    return ConfigError(
        Text(f"보안 저장소{what.ko} 수 없습니다 ({why}).", f"the keys cannot be {what.en} in the secret store ({why})"),
        Text(
            "컴퓨터의 잠금과 키 저장소를 확인하고, 계속되면 `kis-xl setup` 으로 다시 등록하세요.",
            "See that the store is unlocked; if it persists, enter the keys again with `kis-xl setup`.",
        ),
    )


def system_store() -> SystemStore | None:
    """The operating system's store, None where there is none that can be used."""
    backend = _backend()
    return None if backend is None else SystemStore(backend)


_OF_SYSTEMS: Final = tuple(f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "Windows", "macOS"))


def _backend() -> Any:
    if "PYTHON_KEYRING_BACKEND" not in os.environ:
        # by name: looking through all installed packages for others takes longer than all the rest
        if sys.platform == "win32":
            from keyring.backends import Windows  # noqa: PLC0415 (a command that reads no secret need not wait for it)

            return Windows.WinVaultKeyring()
        if sys.platform == "darwin":
            from keyring.backends import macOS  # noqa: PLC0415

            return macOS.Keyring()
        if "DBUS_SESSION_BUS_ADDRESS" not in os.environ and not os.environ.get("XDG_RUNTIME_DIR"):
            return None  # a server: without a session there is no store, and asking for one takes long
    import keyring  # noqa: PLC0415
    from keyring.backends import fail, null  # noqa: PLC0415

    try:
        backend = keyring.get_keyring()
        found = [each for each in getattr(backend, "backends", [backend]) if each.priority > 0]
    except Exception as error:  # noqa: BLE001 (no store is no fault)
        _log.info("no secret store: %s", type(error).__name__)
        return None
    if "PYTHON_KEYRING_BACKEND" in os.environ:  # the user's own choice, whatever it is
        return None if isinstance(backend, fail.Keyring | null.Keyring) or not found else backend
    # others that may be installed write files, some of them in the clear, and are nobody's system store
    return next((each for each in found if type(each).__module__ in _OF_SYSTEMS), None)


def store_of(kind: str, folder: DataFolder) -> SecretStore:
    """The store `kind`: `system`, `file`, or `auto`, which is the system's where there is one. ConfigError where there is none."""
    if kind == FILE:
        return FileStore(folder)
    found = system_store()
    if found is not None:
        return found
    if kind != SYSTEM:
        return FileStore(folder)
    raise ConfigError(
        Text("운영체제의 보안 저장소를 열 수 없습니다.", "the system's secret store cannot be opened"),
        Text(
            "로그인한 데스크톱에서 실행하세요. 저장소가 없는 서버에서는 `kis-xl setup --secrets file` 로 다시 등록하세요.",
            "Run it in your desktop session. On a server, which has no such store, set up again with `kis-xl setup --secrets file`.",
        ),
    )
