"""Which Excel is on this machine: its version, bits and edition, as the system tells it. Excel is not started."""

from __future__ import annotations

import platform
import plistlib
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from kis_xl.installation.registry import Hive, Registry, WindowsRegistry

#: How Excel came onto the machine.
Edition = Literal["click-to-run", "msi", "store", "mac"]

_CLICK_TO_RUN: Final = r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
_APP_PATHS: Final = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
_CURRENT: Final = r"SOFTWARE\Classes\Excel.Application\CurVer"
_PACKAGES: Final = r"SOFTWARE\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages"
_STORE_PACKAGE: Final = re.compile(r"Microsoft\.Office\.Desktop\.Excel_\d+\.(\d+\.\d+)\.\d+_(x86|x64)_", re.IGNORECASE)
_BY_CLICK_TO_RUN: Final = re.compile(r"\\root\\office\d+\\", re.IGNORECASE)
_STORE_FOLDER: Final = "\\windowsapps\\"
_HIVES: Final[tuple[Hive, ...]] = ("HKLM", "HKCU")
_BITS: Final = {"x86": 32, "x64": 64, "arm64": 64}
_MACHINES: Final = {0x014C: 32, 0x8664: 64, 0xAA64: 64}

_WITHOUT_EXCEL: Final = re.compile(
    r"(Visio|Project|Access|SkypeforBusiness|Lync|OneNote|OneDrive|Publisher|Outlook|PowerPoint|Word|Teams|InfoPath|SPD|Groove)"
)
_OF_2016: Final = re.compile(r"(ProPlus|Standard|Professional|Personal|HomeStudent|HomeBusiness|Excel)(Retail|Volume|VL)", re.IGNORECASE)
_BY_SUBSCRIPTION: Final = re.compile(r"(O365|Mondo)", re.IGNORECASE)
_FIRST_YEAR: Final = 2021
#: The first build of all channels for subscribers whose formulas spill (version 2002); the bought 2016 and 2019 never got it.
_FIRST_BUILD: Final = 12527


@dataclass(frozen=True)
class Excel:
    """An Excel: `version` such as 16.0.17928.20114 (only 16.0 where no more is known), where it lies, what it can do.

    `bits` is None where they cannot be read, `has_dynamic_arrays` where the product is not known.
    """

    version: str
    bits: int | None
    edition: Edition
    path: str
    has_dynamic_arrays: bool | None

    @property
    def office(self) -> str:
        """The version as Office's registry keys are called: 16.0."""
        return f"{self.version.partition('.')[0]}.0"


def excel_here() -> Excel | None:
    """The Excel of this machine, None where there is none."""
    system = platform.system()
    if system == "Windows":
        return excel_on_windows(WindowsRegistry())
    return excel_on_mac() if system == "Darwin" else None


def excel_on_windows(registry: Registry) -> Excel | None:
    """The Excel that a registry tells of. One from the Store counts only where there is no other."""
    program = _program(registry)
    return _click_to_run(registry, program) or _by_program(registry, program) or _from_store(registry)


def excel_on_mac(applications: Path = Path("/Applications")) -> Excel | None:
    """The Excel among the Mac's applications."""
    path = applications / "Microsoft Excel.app"
    try:
        told = plistlib.loads((path / "Contents" / "Info.plist").read_bytes())
    except (OSError, ValueError, plistlib.InvalidFileException):
        return None
    version = told.get("CFBundleShortVersionString") if isinstance(told, dict) else None
    return Excel(str(version or ""), 64, "mac", str(path), None)


def spills(products: str, version: str) -> bool | None:
    """Whether Click-to-Run's products, such as `O365HomePremRetail,VisioProRetail`, bring an Excel whose formulas spill.

    None where none of them is known. The build alone does not tell: a 2016 or 2019 that was bought runs the newest one.
    """
    parts = version.split(".")
    build = int(parts[2]) if len(parts) > 2 and parts[2].isdigit() else 0
    found = {_product_spills(product, build) for product in _with_excel(products)}
    return True if True in found else False if False in found else None


def _product_spills(product: str, build: int) -> bool | None:
    year = re.search(r"20\d\d", product)
    if year is not None:
        return int(year[0]) >= _FIRST_YEAR
    if _BY_SUBSCRIPTION.match(product):
        return build >= _FIRST_BUILD
    return False if _OF_2016.match(product) else None


def _with_excel(products: str) -> list[str]:
    return [product.strip() for product in products.split(",") if product.strip() and not _WITHOUT_EXCEL.match(product.strip())]


def _text(registry: Registry, key: str, name: str) -> str:
    """A text, from the machine's hive or else from the user's; empty where there is none."""
    found = (registry.value(hive, key, name) for hive in _HIVES)
    return next((value for value in found if isinstance(value, str) and value), "")


def _program(registry: Registry) -> str:
    return _text(registry, _APP_PATHS, "").strip('"')


def _click_to_run(registry: Registry, program: str) -> Excel | None:
    products = _text(registry, _CLICK_TO_RUN, "ProductReleaseIds")
    version = _text(registry, _CLICK_TO_RUN, "VersionToReport")
    if not _with_excel(products) or not version:
        return None
    path = program or _text(registry, _CLICK_TO_RUN, "InstallationPath")
    bits = _BITS.get(_text(registry, _CLICK_TO_RUN, "Platform").lower()) or bits_of(Path(path))
    return Excel(version, bits, "click-to-run", path, spills(products, version))


def _by_program(registry: Registry, program: str) -> Excel | None:
    """An Excel without Click-to-Run's newer key: installed by MSI (2016 was the last), or Click-to-Run of 2013, whose path has `root`."""
    number = re.search(r"\.(\d+)$", _text(registry, _CURRENT, ""))
    if not program or number is None:
        return None
    if _STORE_FOLDER in program.lower():
        return _from_store(registry) or Excel(f"{number[1]}.0", bits_of(Path(program)), "store", program, None)
    edition: Edition = "click-to-run" if _BY_CLICK_TO_RUN.search(program) else "msi"
    return Excel(f"{number[1]}.0", bits_of(Path(program)), edition, program, has_dynamic_arrays=False)


def _from_store(registry: Registry) -> Excel | None:
    """An Excel that Windows keeps as a package of the Store."""
    for package in registry.subkeys("HKCU", _PACKAGES):
        named = _STORE_PACKAGE.match(package)
        if named is not None:
            folder = registry.value("HKCU", f"{_PACKAGES}\\{package}", "PackageRootFolder")
            return Excel(f"16.0.{named[1]}", _BITS[named[2].lower()], "store", str(folder or package), None)
    return None


def bits_of(program: Path) -> int | None:
    """For how many bits a Windows program was made, as its header says; None where that cannot be read."""
    try:
        with program.open("rb") as file:
            head = file.read(4096)
        (start,) = struct.unpack_from("<I", head, 0x3C)
        signature, machine = struct.unpack_from("<4sH", head, start)
    except (OSError, struct.error):
        return None
    return _MACHINES.get(machine) if signature == b"PE\0\0" else None
