"""The Python that Excel starts: which program it is, and whether xlwings in Excel can find and start it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from kis_xl.errors import ConfigError
from kis_xl.language import Text


def windowless(interpreter: Path) -> Path:
    """On Windows the interpreter that opens no console window, where it stands beside the running one."""
    without_window = interpreter.with_name("pythonw.exe")
    return without_window if interpreter.name.lower() == "python.exe" and without_window.exists() else interpreter


def check_reachable(interpreter: Path, code_page: str = "mbcs") -> None:
    """Windows: xlwings' starter lies where Excel looks for it, and the path can be said in the system's code page.

    xlwings hands the path over in that code page, and looks for its DLL beside the interpreter and one folder up. Raises
    ConfigError.
    """
    if _lacks(code_page, str(interpreter)):
        raise ConfigError(
            Text(
                f"Excel이 이 경로의 Python을 시작할 수 없습니다 (시스템 코드 페이지에 없는 글자): {interpreter}",
                f"Excel cannot start a Python at this path, whose letters the system's code page lacks: {interpreter}",
            ),
            Text(
                "C:\\Python 처럼 영문자로 된 폴더에 Python을 설치하세요.",
                "Install Python into a folder with plain letters, such as C:\\Python.",
            ),
        )
    if not any(any(folder.glob("xlwings*.dll")) for folder in _beside(interpreter)):
        raise ConfigError(
            Text(f"xlwings의 DLL이 {interpreter.parent} 에 없습니다.", f"xlwings' DLL is not beside {interpreter}"),
            Text(
                "가상 환경이나 모든 사용자용으로 다시 설치하세요. `pip install --user` 는 Excel이 찾지 않는 곳에 둡니다.",
                "Install into a virtual environment or for all users: pip install --user puts it where Excel does not look.",
            ),
        )


def xlwings_dll(interpreter: Path, bits: int) -> Path | None:
    """The DLL by which an Excel of so many bits starts `interpreter`: that of the installed xlwings; None where it is missing."""
    places = (folder / f"xlwings{bits}-{version('xlwings')}.dll" for folder in _beside(interpreter))
    return next((place for place in places if place.is_file()), None)


def _beside(interpreter: Path) -> tuple[Path, Path]:
    """Where xlwings' VBA looks for its DLL: beside Python, and one folder up, where pip puts it in a virtual environment."""
    return interpreter.parent, interpreter.parent.parent


def _lacks(code_page: str, text: str) -> bool:
    try:
        text.encode(code_page)
    except UnicodeEncodeError:
        return True
    return False
