"""xlwings' DLL, and the COM server that it starts: what `XLPy` is in a workbook."""

from __future__ import annotations

import ctypes
import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.com.command import Workbook, dll_folders, server_command

FUNCTIONS, MACROS = "kis_xl.udfs", "kis_xl.excel.macros"
_START, _KILL = 1, -1
_SECONDS = 20


class NotStarted(Exception):
    """The DLL could not load or start what it was asked for; the text is the DLL's own."""


class _Variant(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_ushort), ("reserved", ctypes.c_ushort * 3), ("pointer", ctypes.c_void_p), ("rest", ctypes.c_void_p))


def _library(name: str, handle: int | None = None) -> Any:
    windows: Any = ctypes  # what type checkers elsewhere know of it lacks this
    return windows.WinDLL(name, handle=handle)


def _module(name: str) -> Any:
    """A module of pywin32, which is on Windows only."""
    return importlib.import_module(name)


def _load_dll(book: Workbook) -> Any:
    name = f"xlwings{64 if ctypes.sizeof(ctypes.c_void_p) == 8 else 32}-{importlib.import_module('xlwings').__version__}.dll"
    load = _library("kernel32").LoadLibraryA
    load.restype = ctypes.c_void_p
    for folder in dll_folders(book):
        handle = load(f"{folder}\\{name}".encode("mbcs", "replace"))
        if handle:
            return _library(name, handle)
    raise NotStarted(f"Could not load {name} from either of the following folders: {dll_folders(book)}")


class Server:
    """A running server of a workbook. The same workbook would get the same server, another one gets another.

    Every server has to be ended: it outlives a client that is killed, and everything that waits for the client's pipes.
    """

    def __init__(self, book: Workbook) -> None:
        self.command = server_command(book)
        self._activate = _load_dll(book).XLPyDLLActivateAuto
        self._activate.argtypes = (ctypes.POINTER(_Variant), ctypes.c_char_p, ctypes.c_int)
        self._activate.restype = ctypes.c_long
        _module("pythoncom").CoInitialize()
        self.start()

    def start(self) -> None:
        """XLPy: the server that runs, or a new one. Raises NotStarted with what the DLL says."""
        self.python = _module("win32com.client.dynamic").Dispatch(self._activated())
        try:
            self.pid, shell = int(self.ask("__import__('os').getpid()")), int(self.ask("__import__('os').getppid()"))
            self._process, self._shell = map(_handle, (self.pid, shell))
        except BaseException:
            self._activate(ctypes.byref(_Variant()), self.command.encode("mbcs", "replace"), _KILL)
            raise

    def _activated(self) -> Any:
        result = _Variant()
        failed = self._activate(ctypes.byref(result), self.command.encode("mbcs", "replace"), _START)
        try:
            if failed:
                raise NotStarted(ctypes.wstring_at(result.pointer) if result.pointer else hex(failed))
            pythoncom = _module("pythoncom")
            return pythoncom.ObjectFromAddress(result.pointer, pythoncom.IID_IDispatch)
        finally:
            _library("oleaut32").VariantClear(ctypes.byref(result))

    def call(self, name: str, *arguments: object, module: str = FUNCTIONS) -> Any:
        """`mServer.CallUDF(module, name, Array(...))`: what our own VBA does. Raises pywintypes.com_error."""
        return self.python.CallUDF(module, name, as_array(arguments))

    def ask(self, expression: str) -> str:
        """The text of a Python expression's value in the server."""
        return str(self.python.Str(self.python.Eval(expression)))

    def kill(self) -> None:
        """End the Python process as the task manager would, under the feet of whoever calls it."""
        _module("win32api").TerminateProcess(self._process, 1)
        assert self.has_ended(self._process)

    def end(self) -> None:
        """KillPy. AssertionError where something of the server is left after that; it is then ended all the same."""
        self.python = None
        self._activate(ctypes.byref(_Variant()), self.command.encode("mbcs", "replace"), _KILL)
        left = [process for process in (self._process, self._shell) if not self.has_ended(process)]
        for process in left:
            _module("win32api").TerminateProcess(process, 1)
        assert not left, "the DLL did not end its server"

    def has_ended(self, process: Any) -> bool:
        """Whether a process ends within some seconds."""
        event = _module("win32event")
        return bool(event.WaitForSingleObject(process, _SECONDS * 1000) == event.WAIT_OBJECT_0)


def _handle(pid: int) -> Any:
    rights = _module("win32con")
    return _module("win32api").OpenProcess(rights.SYNCHRONIZE | rights.PROCESS_TERMINATE, False, pid)


def as_array(values: Sequence[object]) -> Any:
    """VBA's `Array(...)`: one dimension of Variants, of which those that are ranges are arrays of two dimensions."""
    client, pythoncom = _module("win32com.client"), _module("pythoncom")
    kind = pythoncom.VT_ARRAY | pythoncom.VT_VARIANT
    return client.VARIANT(kind, [client.VARIANT(kind, value) if isinstance(value, tuple) else value for value in values])


def missing() -> Any:
    """An argument that was left out, as xlwings' own wrappers pass it on."""
    pythoncom = _module("pythoncom")
    return _module("win32com.client").VARIANT(pythoncom.VT_ERROR, -2147352572)


def is_wine() -> bool:
    """Whether this Windows is Wine, where no Excel is that a made-up type library could break."""
    return os.name == "nt" and hasattr(_library("ntdll"), "wine_get_version")


def workbook_at(place: Path | str, conf: dict[str, str]) -> Workbook:
    """The workbook with this full name, a path or an address, and this sheet `xlwings.conf`."""
    return Workbook(str(place), conf, _module("win32api").ExpandEnvironmentStrings)
