"""The few calls into the Windows registry, behind one small face: reading anywhere, writing below the user's own hive only."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal, Protocol

#: HKEY_CURRENT_USER or HKEY_LOCAL_MACHINE.
Hive = Literal["HKCU", "HKLM"]
Value = str | int


class Registry(Protocol):
    """What is needed of a registry; keys are paths without their hive, and a key's nameless value is "" here."""

    def value(self, hive: Hive, key: str, name: str) -> Value | None:
        """A text or a number; None where there is none, or where it may not be read."""

    def subkeys(self, hive: Hive, key: str) -> list[str]:
        """The names of the keys right below `key`; none where it is missing."""

    def write(self, key: str, values: Mapping[str, Value]) -> str:
        """Write values into a key of HKCU, made where it is missing; the topmost key that was made, "" for none. Raises OSError."""

    def remove(self, key: str, made: str) -> None:
        """Remove a key of HKCU, and those above it up to `made` that are then empty. A missing one is fine. Raises OSError."""


class WindowsRegistry:
    """The registry of the machine. Of HKLM both views are read: a 32-bit Office stands in another one than a 64-bit one."""

    def __init__(self) -> None:
        self._winreg: Any = importlib.import_module("winreg")

    def place(self, hive: Hive, key: str) -> tuple[Any, str]:
        """The handle and the path at which `key` is found."""
        return (self._winreg.HKEY_CURRENT_USER if hive == "HKCU" else self._winreg.HKEY_LOCAL_MACHINE), key

    def value(self, hive: Hive, key: str, name: str) -> Value | None:
        """As `Registry.value`; variables in a text are expanded."""
        for view in self._views(hive):
            with suppress(OSError), self._open(hive, key, view) as handle:
                found, kind = self._winreg.QueryValueEx(handle, name)
                if kind == self._winreg.REG_EXPAND_SZ:
                    found = self._winreg.ExpandEnvironmentStrings(found)
                if isinstance(found, (str, int)):
                    return found
        return None

    def subkeys(self, hive: Hive, key: str) -> list[str]:
        """As `Registry.subkeys`."""
        names: list[str] = []
        for view in self._views(hive):
            with suppress(OSError), self._open(hive, key, view) as handle:
                names += [self._winreg.EnumKey(handle, place) for place in range(self._winreg.QueryInfoKey(handle)[0])]
        return list(dict.fromkeys(names))

    def write(self, key: str, values: Mapping[str, Value]) -> str:
        """As `Registry.write`."""
        made = next((path for path in lineage(key) if not self._exists(path)), "")
        with self._winreg.CreateKeyEx(*self.place("HKCU", key), 0, self._winreg.KEY_WRITE) as handle:
            for name, value in values.items():
                kind = self._winreg.REG_SZ if isinstance(value, str) else self._winreg.REG_DWORD
                self._winreg.SetValueEx(handle, name, 0, kind, value)
        return made

    def remove(self, key: str, made: str) -> None:
        """As `Registry.remove`."""
        with suppress(FileNotFoundError):
            self._winreg.DeleteKey(*self.place("HKCU", key))
        for above in reversed(lineage(key)[:-1]):
            if not made or not is_within(above, made) or not self._is_empty(above):
                break
            with suppress(FileNotFoundError):
                self._winreg.DeleteKey(*self.place("HKCU", above))

    def _views(self, hive: Hive) -> tuple[int, ...]:
        return (0,) if hive == "HKCU" else (self._winreg.KEY_WOW64_64KEY, self._winreg.KEY_WOW64_32KEY)

    def _open(self, hive: Hive, key: str, view: int = 0) -> Any:
        return self._winreg.OpenKey(*self.place(hive, key), 0, self._winreg.KEY_READ | view)

    def _exists(self, key: str) -> bool:
        try:
            self._open("HKCU", key).Close()
        except OSError:
            return False
        return True

    def _is_empty(self, key: str) -> bool:
        try:
            with self._open("HKCU", key) as handle:
                subkeys, values, _ = self._winreg.QueryInfoKey(handle)
        except FileNotFoundError:
            return True
        return not subkeys and not values


def lineage(key: str) -> list[str]:
    r"""A key and those above it, the topmost first: `A`, `A\B`, `A\B\C`."""
    parts = key.split("\\")
    return ["\\".join(parts[: count + 1]) for count in range(len(parts))]


def is_within(key: str, top: str) -> bool:
    """Whether `key` is `top` or below it; letters count in any case, as in the registry."""
    return f"{key.casefold()}\\".startswith(f"{top.casefold()}\\")
