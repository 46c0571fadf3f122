"""Desktop shortcuts, as Windows itself writes them (IShellLink, which takes any letters in a path)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Protocol


class Shortcuts(Protocol):
    """What is needed of shortcuts."""

    def write(self, path: Path, target: Path, about: str) -> None:
        """Make the shortcut `path`, which opens `target`, or let it open that from now on. Raises OSError."""

    def target(self, path: Path) -> str | None:
        """The file that a shortcut opens, None for what is none."""


class ShellLinks:
    """Shortcuts of the Windows shell, through pywin32, which xlwings brings along."""

    def write(self, path: Path, target: Path, about: str) -> None:
        """As `Shortcuts.write`."""
        link, com = self._link()
        try:
            link.SetPath(str(target))
            link.SetWorkingDirectory(str(target.parent))
            link.SetDescription(about)
            link.QueryInterface(com.IID_IPersistFile).Save(str(path), True)
        except com.com_error as error:
            reason = str(error.strerror)
        else:
            return
        raise OSError(None, reason)

    def target(self, path: Path) -> str | None:
        """As `Shortcuts.target`."""
        link, com = self._link()
        try:
            link.QueryInterface(com.IID_IPersistFile).Load(str(path))
            return str(link.GetPath(0)[0])
        except com.com_error:
            return None

    @staticmethod
    def _link() -> tuple[Any, Any]:
        com: Any = importlib.import_module("pythoncom")
        shell: Any = importlib.import_module("win32com.shell.shell")
        return com.CoCreateInstance(shell.CLSID_ShellLink, None, com.CLSCTX_INPROC_SERVER, shell.IID_IShellLink), com
