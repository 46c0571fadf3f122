"""Which Python runs here, as far as Excel minds."""

from __future__ import annotations

import platform
import site
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

import kis_xl
from kis_xl.excel.interpreter import windowless


@dataclass(frozen=True)
class Python:
    """A Python. `store`: from the Microsoft Store; `virtual`: a virtual environment; `user_site`: kis_xl came by pip's --user."""

    version: str
    bits: int
    path: Path
    store: bool
    virtual: bool
    user_site: bool


def python_here() -> Python:
    """The running one; its path is that of the program without a console window, which is the one that Excel starts."""
    return Python(
        version=platform.python_version(),
        bits=8 * struct.calcsize("P"),
        path=windowless(Path(sys.executable)),
        store=is_from_store(sys.base_prefix),
        virtual=sys.prefix != sys.base_prefix,
        user_site=Path(kis_xl.__file__).is_relative_to(site.getusersitepackages()),
    )


def is_from_store(prefix: str) -> bool:
    r"""Whether a Python's own folder is one of the Store's, `...\WindowsApps\...`, whose files other programs do not see."""
    return "windowsapps" in prefix.lower().replace("/", "\\").split("\\")
