"""The data folder: where tokens, limits and reports are kept, readable by their owner only."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kis_xl.errors import ConfigError, reason_of
from kis_xl.language import Text

if TYPE_CHECKING:
    from kis_xl.accounts import Account

TOKENS: Final = "tokens"
_PART = ".part"
_LEFT_SECONDS = 3600


class DataFolder:
    """The folder `KIS_XL_HOME`; its parts are made when they are first needed.

    `history` is the address of the server on which a team keeps the history, "" where it is in the folder. It may hold a
    password, which is why it is not in the repr.
    """

    def __init__(self, path: Path, history: str = "") -> None:
        self.path = path
        self.history = history

    def part(self, name: str) -> Path:
        """The folder `name` inside the data folder, made owner-only; ConfigError where that cannot be done."""
        folder = self.path / name
        try:
            if not self.path.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.mkdir(mode=0o700, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            keep_to_owner(folder)
        except OSError as error:
            reason = reason_of(error)
        else:
            return folder
        raise ConfigError(
            Text(f"데이터 폴더를 만들 수 없습니다: {folder} ({reason})", f"the data folder cannot be made: {folder} ({reason})"),
            Text("KIS_XL_HOME 을 쓸 수 있는 폴더로 지정하세요.", "Set KIS_XL_HOME to a folder that can be written."),
        )

    def __repr__(self) -> str:
        return f"DataFolder({str(self.path)!r})"


def keep_to_owner(path: Path) -> None:
    """Take group's and others' permissions off a file or folder of ours. Windows keeps none: the user's folder is theirs."""
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(path.stat().st_mode & 0o700)


def fingerprint(*parts: str) -> str:
    """A file name for secret parts: the same parts give the same name, and the name does not show them."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def key_name(account: Account) -> str:
    """The name of the files that belong to an account's app key, on its host."""
    return fingerprint(account.appkey.reveal(), account.environment.key, account.host)


def token_name(account: Account) -> str:
    """The name of the file, in the part `TOKENS`, that keeps the token of an account's app key."""
    return f"{key_name(account)}.token"


def in_file_name(name: str) -> str:
    """`name` without what a file name cannot hold on one of the systems."""
    return re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]', "_", name) or "account"


def write_atomically(path: Path, data: bytes, *, keep_mode: bool = False) -> None:
    """Put `data` into a new file beside `path`, owner-only, and put that in place when it is whole and on the disk.

    Whatever happens on the way, `path` holds either what it held before or all of the new. With `keep_mode` a file
    that is there keeps its permissions. Raises OSError.
    """
    prefix = f".{path.name[:40]}."
    _sweep(path.parent, prefix)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=_PART)  # owner-only (0600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if keep_mode and path.exists():
            Path(name).chmod(stat.S_IMODE(path.stat().st_mode))
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _sweep(folder: Path, prefix: str) -> None:
    """Remove what processes that were killed while writing have left."""
    for left in folder.glob(f"{glob.escape(prefix)}*{_PART}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                left.unlink()
