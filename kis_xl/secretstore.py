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
from collections.abc import Mapping
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
            return _entry(path.read_text(encoding="utf-8"))
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
            self._path(name).unlink(missing_ok=True)
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
        return None if stored is None else _entry(str(stored))

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
            return getattr(self._backend, method)(f"{_SERVICE}:{name}", *given)
        except Exception as error:  # noqa: BLE001 (each system's store fails in its own way)
            _log.warning("the secret store failed: %s", type(error).__name__)  # what it says could be what it was given
            fault = _failed(what, f"{self.caption.in_()}: {type(error).__name__}")
        raise fault


def _entry(text: str) -> dict[str, str]:
    try:
        stored = json.loads(text)
        entry = {str(key): str(value) for key, value in stored.items()}
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
        usable = backend.priority > 0
    except Exception as error:  # noqa: BLE001 (no store is no fault)
        _log.info("no secret store: %s", type(error).__name__)
        return None
    return backend if usable and not isinstance(backend, fail.Keyring | null.Keyring) else None


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
