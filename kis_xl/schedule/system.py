"""What the operating systems' schedulers have in common, and how their programs are called."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Final, Protocol

from kis_xl.errors import ConfigError, OutputError, reason_of
from kis_xl.language import NO_TEXT, Text
from kis_xl.redaction import one_line
from kis_xl.schedule.plan import Job

_PATIENCE: Final = 60.0
_LONGEST: Final = 300


@dataclass(frozen=True)
class Found:
    """What a scheduler has of ours: the entry, whether it is the one that would be installed now, its own words."""

    there: bool
    current: bool = False
    said: str = ""


class Scheduler(Protocol):
    """One scheduler. Whatever it refuses is an OutputError with its own words."""

    kind: str
    caption: Text
    #: What the user should know after `install`.
    note: Text

    def works(self) -> bool:
        """Whether it can be used here."""

    def install(self, job: Job) -> tuple[str, ...]:
        """Put `job` in the place of what is there; where it now stands (files, the task's name)."""

    def remove(self, mark: str) -> bool:
        """Take out what was installed for a job of this mark; whether anything was there."""

    def find(self, job: Job) -> Found:
        """What is there. `job` is what would be installed now."""

    def sees(self, variable: str) -> bool:
        """Whether what it starts gets this environment variable of the user's."""


@dataclass(frozen=True)
class Called:
    """How a program ended and what it wrote."""

    code: int
    output: str
    errors: str

    @property
    def ok(self) -> bool:
        """Whether it says that it did what it was asked."""
        return self.code == 0

    @property
    def said(self) -> str:
        """Its complaint in one line."""
        return one_line(self.errors.strip() or self.output.strip())[:_LONGEST]


def find(program: str) -> list[str]:
    """How to call a program of the operating system; nothing where it is not there."""
    path = shutil.which(program)
    return [] if path is None else [path]


def call(program: str, *arguments: str, given: str | None = None) -> Called:
    """Run a program of the operating system. It has no terminal, and a window of its own is not shown."""
    words = find(program)
    if not words:
        return Called(127, "", f"{program}: not found")
    try:
        done = subprocess.run(  # noqa: S603 (the program is the system's, the arguments are ours)
            [*words, *arguments],
            input=None if given is None else given.encode(errors="surrogateescape"),
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        return Called(124, "", f"{program}: no answer in {_PATIENCE:.0f} s")
    except OSError as error:
        return Called(126, "", f"{program}: {reason_of(error)}")
    return Called(done.returncode, decode(done.stdout), decode(done.stderr))


def decode(data: bytes) -> str:
    """What a program wrote. On Windows that is UTF-16, or the code page of the console, which nothing names."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    for encoding in ("utf-8", *(("oem", "mbcs") if sys.platform == "win32" else ())):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    # what is written back, a crontab, keeps its bytes
    return data.decode("utf-8", errors="surrogateescape")


def refused(caption: Text, called: Called, hint: Text = NO_TEXT) -> OutputError:
    """The error of a scheduler that did not take what it was given."""
    return OutputError(
        Text(f"{caption.ko}에 등록할 수 없습니다: {called.said}", f"{caption.en} did not take the schedule: {called.said}"),
        hint,
    )


def kept(caption: Text, called: Called) -> OutputError:
    """The error of a scheduler that did not let go."""
    return OutputError(Text(f"{caption.ko}에서 지울 수 없습니다: {called.said}", f"{caption.en} did not remove it: {called.said}"))


def no_scheduler() -> ConfigError:
    """The error where there is no scheduler to be used."""
    return ConfigError(
        Text("이 컴퓨터에는 쓸 수 있는 스케줄러가 없습니다.", "there is no scheduler here that could be used"),
        Text(
            "로그인한 사용자의 systemd 또는 crontab이 필요합니다. 없으면 `kis-xl export --all` 을 직접 실행하세요.",
            "systemd for the logged-in user, or crontab, is needed. Without them run `kis-xl export --all` yourself.",
        ),
    )
