"""The machine as the installation sees it: all that differs between systems, and that a test can put something else in place of."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import platformdirs

from kis_xl.installation.excel import Excel, excel_here
from kis_xl.installation.python import Python, python_here
from kis_xl.installation.registry import Registry, WindowsRegistry
from kis_xl.installation.shortcut import ShellLinks, Shortcuts

System = Literal["windows", "mac", "other"]


@dataclass(frozen=True)
class Machine:
    """A machine and its user. `registry` and `shortcuts` are there on Windows only.

    `allow_scripts` has xlwings put its script where Excel on a Mac may start it; `code_page` is the one in which Windows hands
    paths to xlwings' starter; `cloud` is the folder that OneDrive uploads, where there is one.
    """

    system: System
    excel: Excel | None
    python: Python
    home: Path
    documents: Path
    desktop: Path
    allow_scripts: Callable[[], None]
    registry: Registry | None = None
    shortcuts: Shortcuts | None = None
    code_page: str = "mbcs"
    cloud: Path | None = None

    @property
    def office(self) -> str:
        """Office's version as its registry keys are called; that of all newer ones where there is no Excel."""
        return "16.0" if self.excel is None else self.excel.office


def machine_here() -> Machine:
    """This machine."""
    system = platform.system()
    on_windows = system == "Windows"
    return Machine(
        system="windows" if on_windows else "mac" if system == "Darwin" else "other",
        excel=excel_here(),
        python=python_here(),
        home=Path.home(),
        documents=platformdirs.user_documents_path(),
        desktop=platformdirs.user_desktop_path(),
        allow_scripts=_allow_scripts,
        registry=WindowsRegistry() if on_windows else None,
        shortcuts=ShellLinks() if on_windows else None,
        cloud=Path(os.environ["OneDrive"]) if os.environ.get("OneDrive") else None,  # noqa: SIM112 (OneDrive writes it like that)
    )


def documents_folder(machine: Machine | None = None) -> Path:
    """The folder `KIS` among the user's documents: where the workbook is put if nothing else is asked for."""
    return (platformdirs.user_documents_path() if machine is None else machine.documents) / "KIS"


def _allow_scripts() -> None:
    from xlwings.cli import runpython_install  # noqa: PLC0415 (loads what talks to Excel)

    runpython_install(None)  # type: ignore[no-untyped-call]
