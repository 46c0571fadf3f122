"""What is looked at before a schedule is installed: can the scheduler start the program, write the reports, see the settings?"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kis_xl.errors import ArgumentError, ConfigError, OutputError, reason_of
from kis_xl.language import Text
from kis_xl.redaction import one_line

if TYPE_CHECKING:
    from kis_xl.schedule.system import Scheduler

_FIXED: Final = ("KIS_XL_HOME", "KIS_XL_LANG")  # the command holds these
_NETWORK: Final = ("REQUESTS_CA_BUNDLE", "HTTPS_PROXY", "https_proxy")


def check_start(words: Sequence[str]) -> None:
    """Start the program as a scheduler does: elsewhere, and with nothing of this environment that leads Python to it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KIS_XL_", "PYTHON", "COV_"))}
    command = [*words[: words.index("kis_xl") + 1], "--version"]
    try:
        done = subprocess.run(  # noqa: S603 (the running interpreter)
            command,
            cwd=tempfile.gettempdir(),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        said = "" if done.returncode == 0 else one_line(done.stderr.decode(errors="replace"))[-200:] or str(done.returncode)
    except (OSError, subprocess.TimeoutExpired) as error:
        said = type(error).__name__
    if said:
        raise ConfigError(
            Text(f"스케줄러가 kis_xl을 시작할 수 없습니다: {words[0]} ({said})", f"a scheduler cannot start kis_xl: {words[0]} ({said})"),
            Text(
                "kis_xl을 이 Python에 설치하세요 (kis_xl의 폴더에서 pip install .)",
                "Install kis_xl into this Python (pip install . in its folder).",
            ),
        )


def writable(output: str) -> Path:
    """The reports' folder, made. Raises ArgumentError or OutputError."""
    try:
        path = Path(output).expanduser()
    except RuntimeError:  # ~somebody who does not exist
        path = Path()
    if not output.strip() or path == Path() or path.suffix.lower() == ".xlsx":
        raise ArgumentError(
            Text("--output 은 폴더여야 합니다.", "--output must be a folder"),
            Text("보고서마다 이름이 붙습니다.", "Each report gets its own name there."),
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path.absolute()
    except OSError as error:
        reason = reason_of(error)
    raise OutputError(
        Text(f"폴더에 쓸 수 없습니다: {path} ({reason})", f"the folder cannot be written: {path} ({reason})"),
        Text("다른 폴더를 지정하세요.", "Name another folder."),
    )


def unseen(scheduler: Scheduler) -> list[Text]:
    """Environment variables that are set here and not where the scheduler starts the run."""
    given = [name for name in os.environ if name.startswith("KIS_XL_") or name in _NETWORK]
    names = sorted(name for name in given if name not in _FIXED and os.environ[name].strip() and not scheduler.sees(name))
    if not names:
        return []
    listed = ", ".join(names)
    return [
        Text(
            f"예약 실행은 이 창의 환경 변수를 보지 못합니다: {listed}. 사용자 계정 전체에 설정하세요"
            "(계좌는 `kis-xl setup` 으로 저장해도 됩니다).",
            f"a scheduled run does not see these environment variables of this window: {listed}. Set them for your user account "
            "as a whole (an account may also be saved with `kis-xl setup`).",
        )
    ]
