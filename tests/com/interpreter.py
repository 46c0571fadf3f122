"""This Python once more, under another path: what a person's own would be called in Korea, with spaces."""

from __future__ import annotations

import shutil
import site
import sys
from pathlib import Path

from tests.conftest import REPOSITORY

#: A user's folder: Korean letters where this Windows can write them in its own code page, which is all that xlwings' DLL takes.
KOREAN = "홍 길동"


def speaks_korean() -> bool:
    """Whether Windows' code page for programs that know no Unicode has Korean letters."""
    try:
        KOREAN.encode("mbcs")
    except UnicodeEncodeError:
        return False
    return True


def user_folder(parent: Path) -> Path:
    """A new folder with a space in its name, and Korean letters where that can work."""
    folder = parent / (KOREAN if speaks_korean() else "user name")
    folder.mkdir()
    return folder


def interpreter_in(folder: Path) -> Path:
    """The pythonw.exe of a virtual environment in `folder`, with all packages that this process can import.

    Made by hand: its interpreter is a copy, so that the server's process is the one that the DLL has started. xlwings' DLL
    stands where pip puts it, in the environment's own folder.
    """
    scripts, packages = folder / "Scripts", folder / "Lib" / "site-packages"
    scripts.mkdir(parents=True)
    packages.mkdir(parents=True)
    for file in Path(sys.base_prefix).iterdir():
        if file.suffix.lower() in (".exe", ".dll") and not file.name.lower().startswith("xlwings"):
            shutil.copy2(file, scripts)
    for place in (sys.prefix, site.getuserbase()):
        for file in Path(place).glob("xlwings*.dll"):
            shutil.copy2(file, folder)
    (folder / "pyvenv.cfg").write_text(f"home = {sys.base_prefix}\ninclude-system-site-packages = false\n", encoding="utf-8")
    places = [Path(place) for place in (*site.getsitepackages(), site.getusersitepackages())]
    # escaped: older Pythons read this file in the system's code page, newer ones as UTF-8
    lines = [f"import site; site.addsitedir({str(place)!a})\n" for place in (*places, REPOSITORY)]
    (packages / "tests.pth").write_text("".join(lines), encoding="ascii")
    return scripts / "pythonw.exe"
