"""The process that drives LibreOffice, from the test's side."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

SYSTEM_PYTHON = "/usr/bin/python3"
_SYSTEM_PATH = "/usr/bin:/bin"
_PACKAGES = "libreoffice-calc, python3-uno and libreoffice-script-provider-python"
_REPOSITORY = Path(__file__).parent.parent.parent


class CalcError(Exception):
    """LibreOffice did not do what it was asked; the message is its own."""


class MacroFailed(Exception):
    """A macro or function ended with a run-time error."""

    def __init__(self, number: int, source: str, description: str) -> None:
        super().__init__(f"{number}: {description}")
        self.number, self.source, self.description = number, source, description


def missing() -> str:
    """What keeps this machine from running Calc, for a skip; "" for nothing."""
    if sys.platform in ("win32", "darwin"):
        return "LibreOffice is driven on Linux only"
    office = shutil.which("soffice", path=_SYSTEM_PATH)
    if office is None or not Path(office).resolve().with_name("pythonscript.py").exists():
        return f"no LibreOffice with Python scripts: install {_PACKAGES}"
    asked = [SYSTEM_PYTHON, "-c", "import uno"]
    if not Path(SYSTEM_PYTHON).exists() or subprocess.run(asked, env={"PATH": _SYSTEM_PATH}, capture_output=True, check=False).returncode:
        return f"{SYSTEM_PYTHON} has no module uno: install {_PACKAGES}"
    return ""


class Driver:
    """The process that drives LibreOffice. It is started when first needed, and again after it has died."""

    def __init__(self, profiles: Path, host_port: int, timeout: float = 120) -> None:
        self.timeout = timeout
        self._profiles = profiles
        self._port = host_port
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()
        self._starts = 0

    @property
    def pid(self) -> int | None:
        """The process's id, None while there is none."""
        return None if self._process is None else self._process.pid

    def ask(self, request: str, document: int | None = None, **given: Any) -> Any:
        """The answer to a request; CalcError, MacroFailed, or TimeoutError when there is none within `timeout` seconds."""
        if self._process is None:
            self._start()
        return self._exchange({"request": request, "document": document, "given": given})

    def _start(self) -> None:
        self._starts += 1
        profile = self._profiles / f"office{self._starts}"
        profile.mkdir(parents=True)
        self._answers = queue.Queue()
        with self._log().open("w") as log:
            self._process = subprocess.Popen(
                [SYSTEM_PYTHON, "-B", "-m", "tests.calc.driver", str(profile), str(self._port)],
                cwd=_REPOSITORY,
                env={"PATH": _SYSTEM_PATH, "HOME": str(profile), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C is for pytest, which then closes this one
            )
        self._reader = threading.Thread(target=_read, args=(self._process, self._answers), daemon=True)
        self._reader.start()
        self._answer("the start of LibreOffice")

    def _exchange(self, request: dict[str, Any]) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self.close()
            raise CalcError("the driver has ended") from None
        return self._answer(request["request"])

    def _answer(self, request: str) -> Any:
        try:
            line = self._answers.get(timeout=self.timeout)
        except queue.Empty:
            self.close()
            raise TimeoutError(f"LibreOffice did not finish within {self.timeout} s: {request}") from None
        if not line:
            self.close()
            raise CalcError(f"the driver ended: {request}: {self._last_words()}")
        answer = json.loads(line)
        if "macro_error" in answer:
            raise MacroFailed(**answer["macro_error"])
        if "gone" in answer:
            self.close()
            raise CalcError(f"{answer['gone']}: {request}")
        if "error" in answer:
            raise CalcError(f"{request}: {answer['error']}")
        return answer["result"]

    def _last_words(self) -> str:
        return self._log().read_text(encoding="utf-8", errors="replace")[-2000:]

    def _log(self) -> Path:
        return self._profiles / f"office{self._starts}" / "driver.txt"

    def close(self) -> None:
        """End the driver, and LibreOffice with it: its keeper sees the driver go."""
        if self._process is None:
            return
        process, self._process = self._process, None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._reader.join()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # a request that was never read
                    pipe.close()


def _read(process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        answers.put(line)
    answers.put("")
