"""A machine to install on: on Windows with a true registry (below a key of the test's own) and true shortcuts, elsewhere with stand-ins."""

from __future__ import annotations

import sys
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from kis_xl.installation import Excel, Machine, Outcome, Python
from kis_xl.installation.machine import System
from kis_xl.installation.registry import Hive, Registry, Value, WindowsRegistry, is_within, lineage
from kis_xl.installation.shortcut import ShellLinks, Shortcuts
from kis_xl.settings import Settings

ON_WINDOWS = sys.platform == "win32"
SECURITY = r"Software\Microsoft\Office\16.0\Excel\Security"
LOCATIONS = rf"{SECURITY}\Trusted Locations"
POLICIES = r"Software\Policies\Microsoft\Office\16.0"

_TOP = r"Software\kis_xl tests"

EXCEL_365 = Excel("16.0.17928.20114", 64, "click-to-run", r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE", True)
EXCEL_2019 = replace(EXCEL_365, version="16.0.10396.20023", bits=32, has_dynamic_arrays=False)


class TrialRegistry(Registry, Protocol):
    """A registry that a test can fill and look through."""

    def seed(self, hive: Hive, key: str, values: Mapping[str, Value]) -> None:
        """Put values in, in whichever hive."""

    def dump(self) -> dict[str, dict[str, Value]]:
        """Every key of HKCU with its values."""


class DictRegistry:
    """A registry in memory."""

    def __init__(self) -> None:
        self._keys: dict[tuple[Hive, str], dict[str, Value]] = {}

    def seed(self, hive: Hive, key: str, values: Mapping[str, Value]) -> None:
        for path in lineage(key):
            self._keys.setdefault((hive, self._spelt(hive, path)), {})
        self._keys[hive, self._spelt(hive, key)] |= values

    def dump(self) -> dict[str, dict[str, Value]]:
        return {key: dict(values) for (hive, key), values in self._keys.items() if hive == "HKCU"}

    def value(self, hive: Hive, key: str, name: str) -> Value | None:
        values = self._keys.get((hive, self._spelt(hive, key)), {})
        return next((value for known, value in values.items() if known.casefold() == name.casefold()), None)

    def subkeys(self, hive: Hive, key: str) -> list[str]:
        below = [known for at, known in self._keys if at == hive and is_within(known, key)]
        return sorted({known.split("\\")[key.count("\\") + 1] for known in below if known.count("\\") > key.count("\\")})

    def write(self, key: str, values: Mapping[str, Value]) -> str:
        made = next((path for path in lineage(key) if ("HKCU", self._spelt("HKCU", path)) not in self._keys), "")
        self.seed("HKCU", key, values)
        return made

    def remove(self, key: str, made: str) -> None:
        self._keys.pop(("HKCU", self._spelt("HKCU", key)), None)
        for above in reversed(lineage(key)[:-1]):
            spelt = self._spelt("HKCU", above)
            if not made or not is_within(above, made) or self.subkeys("HKCU", spelt) or self._keys.get(("HKCU", spelt)):
                break
            self._keys.pop(("HKCU", spelt), None)

    def _spelt(self, hive: Hive, key: str) -> str:
        """The key as it was first written: letters count in any case."""
        return next((known for at, known in self._keys if at == hive and known.casefold() == key.casefold()), key)


class RegistryOfTest(WindowsRegistry):
    """The true registry; both hives stand below a key of this test's own."""

    def __init__(self) -> None:
        super().__init__()
        self.top = rf"{_TOP}\{uuid.uuid4()}"

    def place(self, hive: Hive, key: str) -> tuple[Any, str]:
        return self._winreg.HKEY_CURRENT_USER, rf"{self.top}\{hive}\{key}"

    def seed(self, hive: Hive, key: str, values: Mapping[str, Value]) -> None:
        with self._winreg.CreateKey(*self.place(hive, key)) as handle:
            for name, value in values.items():
                kind = self._winreg.REG_SZ if isinstance(value, str) else self._winreg.REG_DWORD
                self._winreg.SetValueEx(handle, name, 0, kind, value)

    def dump(self) -> dict[str, dict[str, Value]]:
        start = rf"{self.top}\HKCU"
        return {key.removeprefix(start).removeprefix("\\"): values for key, values in self._below(start).items() if key != start}

    def clear(self) -> None:
        for key in reversed(self._below(self.top)):
            self._winreg.DeleteKey(self._winreg.HKEY_CURRENT_USER, key)
        if not self._winreg.QueryInfoKey(above := self._winreg.OpenKey(self._winreg.HKEY_CURRENT_USER, _TOP))[0]:
            above.Close()
            self._winreg.DeleteKey(self._winreg.HKEY_CURRENT_USER, _TOP)

    def _below(self, key: str) -> dict[str, dict[str, Value]]:
        try:
            handle = self._winreg.OpenKey(self._winreg.HKEY_CURRENT_USER, key)
        except FileNotFoundError:
            return {}
        with handle:
            subkeys, values, _ = self._winreg.QueryInfoKey(handle)
            found = {key: {name: value for name, value, _ in (self._winreg.EnumValue(handle, place) for place in range(values))}}
            for name in [self._winreg.EnumKey(handle, place) for place in range(subkeys)]:
                found |= self._below(rf"{key}\{name}")
        return found


class TextLinks:
    """Shortcuts that are files with the target's path in them."""

    def write(self, path: Path, target: Path, about: str) -> None:
        path.write_text(f"[link] {target}", encoding="utf-8")

    def target(self, path: Path) -> str | None:
        text = path.read_text(encoding="utf-8", errors="replace")
        return text.removeprefix("[link] ") if text.startswith("[link] ") else None


def new_registry() -> TrialRegistry:
    return RegistryOfTest() if ON_WINDOWS else DictRegistry()


def new_machine(folder: Path, registry: Registry | None, system: System = "windows") -> Machine:
    """A machine whose user and Python have Korean names with spaces in them."""
    home = folder / "홍 길동"
    python = folder / "내 파이썬" / "Scripts" / "pythonw.exe"
    for place in (home / "문서", home / "바탕 화면", python.parent):
        place.mkdir(parents=True, exist_ok=True)
    for bits in (32, 64):
        (python.parent.parent / f"xlwings{bits}-{version('xlwings')}.dll").touch()
    shortcuts: Shortcuts = ShellLinks() if ON_WINDOWS else TextLinks()
    return Machine(
        system=system,
        excel=EXCEL_365 if system == "windows" else None,
        python=Python("3.12.4", 64, python, store=False, virtual=True, user_site=False),
        home=home,
        documents=home / "문서",
        desktop=home / "바탕 화면",
        allow_scripts=lambda: None,
        registry=registry if system == "windows" else None,
        shortcuts=shortcuts if system == "windows" else None,
        code_page="cp949",
    )


def states(outcomes: list[Outcome]) -> dict[str, str]:
    return {outcome.name: outcome.state for outcome in outcomes}


def use(workbook: Path) -> bytes:
    """Save a workbook as Excel does after somebody has used it: other bytes, the same properties. The bytes."""
    whole = BytesIO()
    with zipfile.ZipFile(workbook) as old, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
    workbook.write_bytes(whole.getvalue())
    return whole.getvalue()


def everything_below(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, and every folder."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


def settings() -> Settings:
    """Of the environment, which `tests.conftest` has cleaned."""
    return Settings.load()
