"""The data folder: where it is, whether it can be written, who can read it, what of it is in use or damaged."""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kis_xl.configfile import FILE_NAME
from kis_xl.datafolder import write_atomically
from kis_xl.doctor.case import Case
from kis_xl.doctor.finding import Finding, failed, of_error, ok, skipped, warned
from kis_xl.errors import ConfigError, KisError, OutputError, reason_of
from kis_xl.language import Text

_PARTS: Final = ("tokens", "limits", "snapshots", "history", "logs", "reports", "secrets", "locks", "schedule", "installation")
_PROBE: Final = "doctor.probe"
_MEGABYTE: Final = 1024 * 1024
_LITTLE: Final = 500 * _MEGABYTE
_TOO_LITTLE: Final = 20 * _MEGABYTE
_CLOUD: Final = re.compile(
    r"(?i)(onedrive|dropbox|icloud ?drive|icloud|google ?drive|my ?box|cloudstorage|mobile documents|com~apple~clouddocs)(?![\w])"
)
_REMOTE: Final = re.compile(r"(nfs\d?|cifs|smb\d?|smbfs|afpfs|9p|fuse\.(sshfs|rclone|davfs2?)|davfs2?)")
_REMOTE_DRIVE: Final = 4
_MOUNTS: Final = Path("/proc/self/mounts")
_MOVE: Final = Text(
    "KIS_XL_HOME 을 이 컴퓨터의 디스크에 있는 폴더로 지정하고 내용을 옮기세요.",
    "Set KIS_XL_HOME to a folder on this computer's own disk, and move what is in it there.",
)
_NOT_YET: Final = Text("데이터 폴더는 처음 쓸 때 만들어집니다.", "the data folder is made when it is first needed")


def place(case: Case) -> Iterator[Finding]:
    """Where the data folder is, and whether that is a good place for databases and locks."""
    id = "folder.place"
    path = case.folder.path
    obstacle = _obstacle(path)
    detail = {"path": str(path), "exists": path.exists(), "link": path.is_symlink()}
    if obstacle is not None:
        there, reason = obstacle
        yield failed(
            id,
            ConfigError,
            Text(
                f"데이터 폴더를 만들 수 없습니다: {path} ({there}: {reason})", f"the data folder cannot be made: {path} ({there}: {reason})"
            ),
            Text("KIS_XL_HOME 을 쓸 수 있는 폴더로 지정하세요.", "Set KIS_XL_HOME to a folder that can be written."),
            **detail,
        )
        return
    real = path.resolve()
    link = f" → {real}" if path.is_symlink() else ""
    where = Text(f"데이터 폴더: {path}{link}", f"data folder: {path}{link}")
    if is_synced(real):
        what = Text(f"{where.ko} (클라우드 동기화 폴더)", f"{where.en} (in a folder that a cloud service synchronises)")
        yield warned(id, what, _MOVE, **detail, cloud=True)
    elif is_remote(real):
        what = Text(f"{where.ko} (네트워크 드라이브)", f"{where.en} (on a network drive, where locks do not always hold)")
        yield warned(id, what, _MOVE, **detail, remote=True)
    else:
        yield ok(id, where if path.exists() else Text(f"{where.ko} (아직 없음)", f"{where.en} (not made yet)"), **detail)


def _obstacle(path: Path) -> tuple[Path, str] | None:
    """What keeps a data folder that is not there yet from being made, and why."""
    there = next((each for each in (path, *path.parents) if each.exists()), path)
    if not there.is_dir():
        return there, "not a folder"
    if there == path:
        return None
    try:  # what the permissions say is not all: no folder can be made in some that may be written
        Path(tempfile.mkdtemp(prefix=".kis_xl-", dir=there)).rmdir()
    except OSError as error:
        return there, reason_of(error)
    return None


def is_synced(path: Path) -> bool:
    """Whether a cloud service keeps `path` in step with other machines, by the names of the folders above it."""
    roots = [os.environ.get(name, "") for name in ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")]
    return any(_CLOUD.match(part) for part in path.parts) or any(root and path.is_relative_to(root) for root in roots)


def is_remote(path: Path) -> bool:
    """Whether `path` lies on another machine, as far as the system tells."""
    if str(path).startswith("\\\\"):
        return True
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415 (Windows only)

        return bool(ctypes.windll.kernel32.GetDriveTypeW(path.anchor) == _REMOTE_DRIVE)
    return _REMOTE.fullmatch(_file_system(path)) is not None


def _file_system(path: Path) -> str:
    """The kind of file system that holds `path`; "" where the system does not tell (on a Mac)."""
    best, kind = -1, ""
    with suppress(OSError):
        for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
            fields = line.split()
            mounted = Path(re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), fields[1]))
            if path.is_relative_to(mounted) and len(mounted.parts) > best:
                best, kind = len(mounted.parts), fields[2]
    return kind


def writing(case: Case) -> Iterator[Finding]:
    """Whether a file can be written, and each part of the folder, too."""
    id = "folder.writing"
    path = case.folder.path
    if not path.is_dir():
        yield skipped(id, _NOT_YET)
        return
    trouble = _trouble(path)
    if trouble is None:
        yield ok(id, Text("쓸 수 있습니다.", "it can be written"))
        return
    where, reason = trouble
    yield failed(
        id,
        OutputError,
        Text(f"데이터 폴더에 쓸 수 없습니다: {where} ({reason})", f"the data folder cannot be written: {where} ({reason})"),
        Text(
            "폴더의 권한과 디스크의 남은 공간을 확인하고, 같은 이름의 파일이 길을 막고 있으면 옮기세요.",
            "Check the folder's permissions and the disk's free space, and move a file away that stands in its place.",
        ),
        path=str(where),
        reason=reason,
    )


def _trouble(path: Path) -> tuple[Path, str] | None:
    """The first place that cannot be written, and why."""
    probe = path / _PROBE
    try:
        write_atomically(probe, bytes(1024))
        probe.unlink()
    except OSError as error:
        return path, reason_of(error)
    for part in (path / name for name in _PARTS):
        if part.exists() and not part.is_dir():
            return part, "not a folder"
        if part.exists() and not os.access(part, os.W_OK | os.X_OK):
            return part, "permission denied"
    return None


def space(case: Case) -> Iterator[Finding]:
    """How much room the disk has."""
    id = "folder.space"
    path = next((each for each in (case.folder.path, *case.folder.path.parents) if each.is_dir()), Path())
    usage = shutil.disk_usage(path)
    if usage.total == 0 or _obstacle(case.folder.path) is not None:
        yield skipped(id, Text("데이터 폴더가 있을 디스크가 없습니다.", "there is no disk for the data folder"))
        return
    free = usage.free
    shown = f"{free / _MEGABYTE:,.0f} MB"
    what = Text(f"디스크의 남은 공간: {shown}", f"free space on its disk: {shown}")
    cure = Text("디스크의 공간을 비우세요.", "Make room on the disk.")
    if free < _TOO_LITTLE:
        yield failed(id, OutputError, what, cure, free=free)
    elif free < _LITTLE:
        yield warned(id, what, cure, free=free)
    else:
        yield ok(id, what, free=free)


def permissions(case: Case) -> Iterator[Finding]:
    """Whether the folder and what is secret in it are their owner's alone, and the owner is this user."""
    id = "folder.permissions"
    path = case.folder.path
    take_away = Text(f"권한을 거두세요: chmod -R go-rwx '{path}'", f"Take the permissions away: chmod -R go-rwx '{path}'")
    if os.name != "posix" or not path.is_dir():
        yield skipped(
            id,
            Text("Windows에서는 사용자 폴더의 권한을 따릅니다.", "on Windows the user's folder is theirs")
            if os.name != "posix"
            else _NOT_YET,
        )
        return
    found = _looked_over(path)
    if found.foreign:
        count, first = len(found.foreign), found.foreign[0]
        yield warned(
            id,
            Text(f"다른 사용자의 파일이 있습니다: {first} 등 {count}개", f"files of another user are in it: {first} (of {count})"),
            Text(f"소유자를 바꾸세요: sudo chown -R $USER '{path}'", f"Make them yours: sudo chown -R $USER '{path}'"),
            foreign=count,
        )
    elif found.written:
        count, first = len(found.written), found.written[0]
        yield warned(
            id,
            Text(
                f"다른 사용자가 설정을 바꿔치기할 수 있습니다: {first} 등 {count}개를 쓸 수 있음",
                f"others could put their settings in the place of yours: they can write {first} (of {count})",
            ),
            take_away,
            written=count,
        )
    elif found.read:
        count, first = len(found.read), found.read[0]
        yield warned(
            id,
            Text(f"다른 사용자가 볼 수 있습니다: {first} 등 {count}개", f"others can look into {first} (of {count})"),
            take_away,
            open=count,
        )
    else:
        yield ok(id, Text("본인만 읽을 수 있습니다.", "only its owner can read it"))


@dataclass(frozen=True)
class _Found:
    """What of the folder others can write, what they can look into, and what belongs to somebody else."""

    written: list[Path]
    read: list[Path]
    foreign: list[Path]


def _looked_over(path: Path) -> _Found:
    parts = [path / name for name in _PARTS]
    all_of_it = [each for part in parts for each in [part, *part.glob("*")] if each.exists()]
    foreign = [each for each in (path, *all_of_it) if each.stat().st_uid != os.getuid()]
    # a folder's own permissions count first: nobody gets at what is in one that they cannot enter
    inside = [*parts, path / FILE_NAME] if path.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH) else []
    modes = [(each, each.stat().st_mode) for each in (path, *inside) if each.exists()]
    written = [each for each, mode in modes if mode & (stat.S_IWGRP | stat.S_IWOTH)]
    return _Found(written, [each for each, mode in modes if mode & (stat.S_IRWXG | stat.S_IRWXO)], foreign)


def locks(case: Case) -> Iterator[Finding]:
    """Whether another process holds one of the locks: it is at work, or hangs."""
    from filelock import FileLock, Timeout  # noqa: PLC0415 (here alone)

    id = "folder.locks"
    held = []
    found = sorted(case.folder.path.glob("*/*.lock"))
    for path in found:
        lock = FileLock(path, mode=0o600)
        try:
            lock.acquire(timeout=0.2, poll_interval=0.05)
        except Timeout:
            held.append(path)
        except OSError:
            continue  # a folder that cannot be written is told by another check
        else:
            lock.release()
    if not found:
        yield skipped(id, Text("아직 잠금 파일이 없습니다.", "there are no locks yet"))
    elif held:
        parts = ", ".join(sorted({path.parent.name for path in held}))
        yield warned(
            id,
            Text(f"다른 kis_xl이 작업 중이거나 멈춰 있습니다: {parts}", f"another kis_xl is at work, or hangs: {parts}"),
            Text(
                "조회가 끝나기를 기다리세요. 아무것도 실행 중이 아니라면 Excel을 닫고 작업 관리자에서 남은 python, pythonw 를 끝내세요.",
                "Wait until its fetch is done. If nothing should be running, close Excel and end the python or pythonw that is left.",
            ),
            held=sorted(str(path.relative_to(case.folder.path)) for path in held),
        )
    else:
        yield ok(id, Text("잠금을 쥔 프로그램이 없습니다.", "no program holds a lock"))


def history(case: Case) -> Iterator[Finding]:
    """Whether the history can be read."""
    from kis_xl.history import AccountKey, History  # noqa: PLC0415 (see below)

    id = "folder.history"
    if case.folder.history and case.offline:
        yield skipped(id, Text("잔고 이력은 서버에 있고, --offline 입니다.", "the history is on a server, and this is --offline"))
        return
    history = History(case.folder)
    try:
        if not history.exists():
            yield skipped(id, Text("저장된 잔고 이력이 아직 없습니다.", "no history is stored yet"))
            return
        history.days(AccountKey("", "", "", ""))  # a question about nobody opens it, and looks at its layout
        size = history.size()
    except KisError as error:
        yield of_error(id, error)
        return
    finally:
        history.close()
    shown = f"{size / _MEGABYTE:,.1f} MB"
    yield ok(id, Text(f"잔고 이력: {shown}", f"the history can be read: {shown}"), size=size)
