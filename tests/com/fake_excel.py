"""Excel where there is none: a workbook to import functions into, and objects that say over COM that they are Excel's."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

from tests.com.server import is_wine
from tests.conftest import REPOSITORY

_MADE_UP = REPOSITORY.parent / "shared" / "winelab" / "fakexl"


class _Components:
    """VBProject.VBComponents: takes a module in, and has none by any name."""

    def __init__(self) -> None:
        self.imported = ""

    def __call__(self, name: str) -> None:
        error: Exception = importlib.import_module("pywintypes").com_error(-2147352565, f"there is no {name}", None, None)
        raise error

    def Remove(self, component: object) -> None:
        raise AssertionError(f"there was nothing to remove: {component}")

    def Import(self, path: str) -> None:
        self.imported = Path(path).read_bytes().decode("mbcs")


class _Application:
    Version = "16.0"

    def __init__(self) -> None:
        self.described: dict[str, dict[str, Any]] = {}

    def MacroOptions(self, macro: str, **given: Any) -> None:
        self.described[macro] = given


class _Project:
    def __init__(self) -> None:
        self.VBComponents = _Components()


class FakeWorkbook:
    """An empty workbook; `module` and `described` are what Import Functions left there."""

    def __init__(self, name: str) -> None:
        self.Name = name
        self.VBProject = _Project()
        self.Application = _Application()

    @property
    def module(self) -> str:
        """The text of the module that was imported."""
        return self.VBProject.VBComponents.imported

    @property
    def described(self) -> dict[str, dict[str, Any]]:
        """What Application.MacroOptions was told of each function, by the name that it was called with."""
        return self.Application.described


def made_up_excel() -> Any:
    """A module of COM objects with the types of Excel's, or a text that says why there is none.

    It registers a type library under Excel's own name, which must not happen where a real Excel might be.
    """
    if not is_wine():
        return "a made-up Excel is for Wine only"
    if not _MADE_UP.is_dir():
        return f"no made-up Excel: {_MADE_UP} is not there"
    sys.path.insert(0, str(_MADE_UP))
    try:
        module = importlib.import_module("fakexl")
    finally:
        sys.path.remove(str(_MADE_UP))
    module.register()
    return module
