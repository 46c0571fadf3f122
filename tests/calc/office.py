"""A headless LibreOffice that cannot outlive whoever started it. Run by the system's Python; standard library and `uno` only."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uno  # type: ignore[import-not-found]

#: Leads the office's process group and ends it, whichever comes first: the office has ended, or this process's own
#: starter has, by whatever means, and with it the other end of the pipe.
_KEEPER = """
import os, signal, subprocess, sys, threading
def end():
    os.killpg(0, signal.SIGKILL)
def watch():
    office.wait()
    end()
office = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
threading.Thread(target=watch, daemon=True).start()
sys.stdin.buffer.read()
end()
"""
_START_SECONDS = 90
#: No lock files beside test workbooks, no first-start pages.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="UseLocking" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="FirstRun" oor:op="fuse"><value>false</value></prop></item>
</oor:items>
"""


class OfficeGone(Exception):
    """LibreOffice has ended, or never answered."""


class Office:
    """LibreOffice with a profile of its own in `profile`; `script` is put where its Basic finds it."""

    def __init__(self, profile: Path, script: Path, host_port: int) -> None:
        scripts = profile / "user" / "Scripts" / "python"
        scripts.mkdir(parents=True)
        (scripts / script.name).write_bytes(script.read_bytes())
        (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
        pipe = f"calc{os.getpid()}"
        command = ["soffice", "--headless", "--norestore", "--nologo", "--nodefault", f"-env:UserInstallation=file://{profile}"]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(profile), "LC_ALL": "C.UTF-8", "CALC_HOST_PORT": str(host_port)}
        with (profile / "output.txt").open("wb") as output:
            # a clean environment: a virtual environment's Python in PATH breaks LibreOffice's own
            self._keeper = subprocess.Popen(
                [sys.executable, "-c", _KEEPER, *command, f"--accept=pipe,name={pipe};urp;"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        self.context = self._connect(pipe)
        self.desktop = self.service("com.sun.star.frame.Desktop")
        self._callback = self.service("com.sun.star.awt.AsyncCallback")

    def _connect(self, pipe: str) -> Any:
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.is_alive():
            try:
                return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            except Exception:  # noqa: BLE001 (UNO's exceptions exist at run time only; until it is up, each attempt fails)
                time.sleep(0.1)
        raise OfficeGone("LibreOffice did not start")

    def service(self, name: str) -> Any:
        """A UNO service of the office."""
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    def is_alive(self) -> bool:
        """Whether the process is there."""
        return self._keeper.poll() is None

    def on_main_thread(self, work: Callable[[], Any]) -> Any:
        """The result of `work`, whose calls to the office run in its main thread, as all of Excel's do.

        From other threads, macros and changes to modules crash LibreOffice now and then.
        """
        errand = _Errand(work)
        self._callback.addCallback(errand, None)
        while not errand.done.wait(0.2):
            if not self.is_alive():
                raise OfficeGone
        if errand.error is not None:
            raise errand.error
        return errand.result

    def stop(self) -> None:
        """End the office, and wait until it has ended."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait()


class _Errand:
    """A com.sun.star.awt.XCallback. UNO asks an object for its types, so it needs no base class."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self.done = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def getTypes(self) -> tuple[Any, ...]:  # UNO's name
        return (uno.getTypeByName("com.sun.star.awt.XCallback"),)

    def getImplementationId(self) -> Any:
        return uno.ByteSequence(b"")

    def notify(self, _data: Any) -> None:
        try:
            self.result = self._work()
        except BaseException as error:  # noqa: BLE001 (raised again where it was waited for)
            self.error = error
        self.done.set()
