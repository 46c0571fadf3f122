"""Python, the packages, and which `kis-xl` answers to its name."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from kis_xl import __version__
from kis_xl.doctor.case import Case
from kis_xl.doctor.finding import Finding, failed, of_error, ok, skipped, warned
from kis_xl.errors import ConfigError, KisError
from kis_xl.language import Text

_DISTRIBUTION: Final = "kis-xl"
_OLDEST: Final = (3, 11)
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)\s*(?:\[[^]]*])?\s*\(?([^;)]*)")
_BOUND: Final = re.compile(r"(>=|<|==)\s*([\w.]+)")
#: The line of a starter, script or program, that names its Python: `#!PATH`, or for a path with blanks `'''exec' "PATH"`.
_STARTER: Final = re.compile(rb"""(?:#!|'''exec' )"?([^"\r\n\0]*python[\w.]*)""", re.IGNORECASE)
_LARGEST_STARTER: Final = 2_000_000
_REINSTALL: Final = Text("kis_xl의 폴더에서 다시 설치하세요: pip install .", "Install it again, in kis_xl's folder: pip install .")
_HANGUL: Final = "가"


def python_version(case: Case) -> Iterator[Finding]:
    """Which Python this is."""
    python = case.machine.python
    detail = {
        "version": python.version,
        "bits": python.bits,
        "system": sys.platform,
        "virtual": python.virtual,
        "store": python.store,
        "user_site": python.user_site,
        "kis_xl": __version__,
    }
    kind = Text(" (가상 환경)", " (a virtual environment)") if python.virtual else Text("", "")
    if python.user_site:
        kind = Text(" (pip --user 설치)", " (installed by pip --user)")
    said = f"kis_xl {__version__}, Python {python.version}"
    what = Text(f"{said}, {python.bits}비트{kind.ko}: {python.path}", f"{said}, {python.bits}-bit{kind.en}: {python.path}")
    if release(python.version) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        cure = Text(f"Python {oldest} 이상에 설치하세요.", f"Install it with Python {oldest} or newer.")
        yield failed("python.version", ConfigError, what, cure, **detail)
    else:
        yield ok("python.version", what, **detail)


def packages(_: Case) -> Iterator[Finding]:
    """Whether everything that kis_xl needs is there, in a version that it knows."""
    id = "python.packages"
    try:
        required = [each for each in metadata.requires(_DISTRIBUTION) or [] if "extra ==" not in each]
    except metadata.PackageNotFoundError:
        what = Text("kis-xl이 패키지로 설치되어 있지 않습니다.", "kis-xl is not installed as a package")
        yield warned(id, what, _REINSTALL)
        return
    versions: dict[str, str | None] = {}
    missing, old, new = [], [], []
    for requirement in required:
        name, bounds = _read_requirement(requirement)
        versions[name] = found = _version(name)
        if found is None:
            missing.append(name)
        elif any(not _meets(found, relation, bound) for relation, bound in bounds if relation != "<"):
            old.append(f"{name} {found}")
        elif any(not _meets(found, relation, bound) for relation, bound in bounds):
            new.append(f"{name} {found}")
    yield _told(id, missing, old, new, versions)


def _told(id: str, missing: list[str], old: list[str], new: list[str], versions: dict[str, str | None]) -> Finding:
    if missing or old:
        listed = ", ".join([*missing, *old])
        what = Text(f"없거나 오래된 패키지: {listed}", f"packages that are missing or too old: {listed}")
        return failed(id, ConfigError, what, _REINSTALL, versions=versions, missing=missing, old=old)
    if new:
        listed = ", ".join(new)
        what = Text(f"아직 시험하지 않은 새 버전의 패키지: {listed}", f"packages newer than what this version was made for: {listed}")
        return warned(id, what, _REINSTALL, versions=versions, new=new)
    return ok(
        id,
        Text(f"필요한 패키지 {len(versions)}개가 모두 있습니다.", f"all {len(versions)} packages that it needs are there"),
        versions=versions,
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _read_requirement(text: str) -> tuple[str, list[tuple[str, str]]]:
    """`requests<3,>=2.32.3` as its name and bounds."""
    found = _REQUIREMENT.match(text)
    return (found[1], _BOUND.findall(found[2])) if found else (text, [])


def _meets(version: str, relation: str, bound: str) -> bool:
    here, there = release(version), release(bound)
    return here >= there if relation == ">=" else here < there if relation == "<" else here == there


def release(version: str) -> tuple[int, ...]:
    """The numbers at the beginning of a version, without the zeros at its end."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    numbers = [int(part) for part in found[1].split(".")] if found else [0]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def command(case: Case) -> Iterator[Finding]:
    """Whether the `kis-xl` that the user types is this one."""
    id = "python.command"
    found = shutil.which("kis-xl")
    if found is None:
        what = Text(
            f"`kis-xl` 이 PATH에 없습니다. 이렇게 실행할 수 있습니다: {sys.executable} -m kis_xl",
            f"kis-xl is not on the PATH; it can be run as {sys.executable} -m kis_xl",
        )
        yield ok(id, what, on_path=False)
        return
    theirs = _interpreter_of(Path(found))
    if theirs is None or same_place(theirs, Path(sys.executable)):
        yield ok(id, Text(f"명령: {found}", f"the command is {found}"), on_path=True)
        return
    yield warned(
        id,
        Text(
            f"kis_xl이 두 곳에 설치되어 있습니다: PATH의 `kis-xl` 은 {theirs} 의 것이고, 지금 실행 중인 것은 {sys.executable} 입니다.",
            f"there are two kis_xl: the one on the PATH belongs to {theirs}, this one to {sys.executable}",
        ),
        Text(
            "하나만 두세요: 쓰지 않는 쪽의 Python으로 `python -m pip uninstall kis-xl` 을 실행하세요.",
            "Keep one of them: run `python -m pip uninstall kis-xl` with the Python that is not used.",
        ),
        on_path=True,
        other=str(theirs),
        this=str(case.machine.python.path),
    )


def _interpreter_of(starter: Path) -> Path | None:
    """The Python that a `kis-xl` on the PATH starts; None where that cannot be read."""
    try:
        if starter.stat().st_size > _LARGEST_STARTER:
            return None
        found = _STARTER.findall(starter.read_bytes())
    except OSError:
        return None
    program = os.fsdecode(found[-1].strip()) if found else ""
    # `#!/usr/bin/env python3` names none
    return Path(program) if program and not program.partition(" ")[0].endswith("/env") else None


def same_place(one: Path, other: Path) -> bool:
    """Whether two programs are of one Python. The folder decides: python3 and pythonw lie beside python.

    The programs themselves are not resolved: in a virtual environment they are links to the system's.
    """
    return len({os.path.normcase(path.parent.resolve()) for path in (one, other)}) == 1


def encoding(_: Case) -> Iterator[Finding]:
    """Whether this terminal can show Korean."""
    id = "python.encoding"
    wanted = os.environ.get("PYTHONIOENCODING", "").partition(":")[0]
    used = getattr(sys.stdout, "encoding", None) or "utf-8"
    bad = next((name for name in (wanted, used) if name and not _shows_hangul(name)), None)
    if bad is None:
        yield ok(id, Text(f"한글을 표시할 수 있습니다 ({used}).", f"Korean can be shown ({used})"), encoding=used)
        return
    # in English for everybody: the other could not be read
    cure = "Set the environment variable PYTHONUTF8=1 and open a new window."
    if bad == wanted:
        cure = "Remove the environment variable PYTHONIOENCODING, or set it to utf-8."
    what = f"this terminal shows Korean as ? ({bad})"
    yield warned(id, Text(what, what), Text(cure, cure), encoding=bad)


def _shows_hangul(name: str) -> bool:
    try:
        _HANGUL.encode(name)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def python_for_excel(case: Case) -> Iterator[Finding]:
    """Whether Excel can start this Python: not the Store's, xlwings' DLL in place, a path that can be said."""
    id = "python.excel"
    if case.machine.system != "windows":
        yield skipped(
            id, Text("Excel이 Python을 시작하는 것은 Windows에서만입니다.", "only on Windows does Excel start a Python for formulas")
        )
        return
    from kis_xl.installation.checks import check_python  # noqa: PLC0415 (on Windows only)

    try:
        check_python(case.machine)
    except KisError as error:
        yield of_error(id, error)
        return
    yield ok(id, Text("Excel이 이 Python을 시작할 수 있습니다.", "Excel can start this Python"))
