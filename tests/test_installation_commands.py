"""`kis-xl install` and `kis-xl uninstall` as a user sees them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kis_xl import installation
from kis_xl.cli import main
from kis_xl.excel.personal import FILE_NAME
from kis_xl.installation import Machine
from tests.conftest import REPOSITORY
from tests.installation_kit import RegistryOfTest, TrialRegistry, new_machine, new_registry, use


@pytest.fixture
def registry() -> Iterator[TrialRegistry]:
    made = new_registry()
    made.seed("HKCU", r"Software\Other", {"kept": 1})
    yield made
    if isinstance(made, RegistryOfTest):
        made.clear()


@pytest.fixture
def machine(tmp_path: Path, registry: TrialRegistry, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = new_machine(tmp_path, registry)
    monkeypatch.setattr(installation, "machine_here", lambda: made)
    return made


def test_install_and_uninstall_tell_each_step_in_a_line(
    machine: Machine, registry: TrialRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = registry.dump()
    assert main(["install", "--trust"]) == 0
    shown = capsys.readouterr()
    workbook = machine.documents / "KIS" / FILE_NAME
    assert f"[done] workbook: {workbook}\n" in shown.out
    assert [line.split("]")[0] for line in shown.out.splitlines()] == ["[ok", "[ok", "[done", "[done", "[done"]
    assert shown.err == ""
    assert main(["install"]) == 0
    assert "[done" not in capsys.readouterr().out
    assert main(["uninstall"]) == 0
    assert f"[done] workbook removed: {workbook}\n" in capsys.readouterr().out
    assert registry.dump() == keys
    assert not workbook.parent.exists()


def test_in_korean(machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KIS_XL_LANG", "ko")
    assert main(["install"]) == 0
    shown = capsys.readouterr().out
    assert f"[완료] 통합 문서: {machine.documents / 'KIS' / FILE_NAME}\n" in shown
    assert "바탕 화면의 바로 가기: KIS 잔고.lnk" in shown


def test_without_a_terminal_nobody_is_asked(machine: Machine, registry: TrialRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    keys = registry.dump()
    assert main(["install"]) == 0
    assert "kis-xl install --trust" in capsys.readouterr().out
    assert registry.dump() == keys


def test_the_options(machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "다른 폴더"
    assert main(["install", "--folder", str(folder), "--no-shortcut", "--no-trust", "--no-refresh-on-open", "--legacy"]) == 0
    assert (folder / FILE_NAME).is_file()
    assert not list(machine.desktop.iterdir())
    assert "[skipped] No shortcut" in capsys.readouterr().out


def test_a_changed_workbook_is_deleted_only_when_that_is_said(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install"]) == 0
    path = machine.documents / "KIS" / FILE_NAME
    use(path)
    assert main(["uninstall"]) == 0
    assert f"[note] workbook, changed by you and kept: {path}" in capsys.readouterr().out
    assert main(["uninstall", "--delete-workbook"]) == 0
    assert not path.exists()


def test_a_step_that_fails_is_an_error_at_the_end(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.desktop.rmdir()
    assert main(["install"]) == 7
    shown = capsys.readouterr()
    assert "[failed] the shortcut cannot be made" in shown.out
    assert "error: OUTPUT: not all steps were done: shortcut" in shown.err
    assert (machine.documents / "KIS" / FILE_NAME).is_file()


def test_a_python_that_excel_cannot_start_is_an_error(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(installation, "machine_here", lambda: replace(machine, python=replace(machine.python, store=True)))
    assert main(["install"]) == 2
    assert "Microsoft Store" in capsys.readouterr().err


#: `kis-xl install` on a Windows that is not there, in a process of its own: its terminal is the test's.
SCRIPT = """
import sys
from pathlib import Path
import kis_xl.installation as installation
from kis_xl.cli import main
from tests.installation_kit import DictRegistry, new_machine

registry = DictRegistry()
machine = new_machine(Path(sys.argv[1]), registry)
installation.machine_here = lambda: machine
code = main(["install"])
print("exit", code, [values["Path"] for key, values in registry.dump().items() if "kis_xl" in key])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals in the standard library")
@pytest.mark.parametrize(("answer", "trusted"), [("y", True), ("", False), ("n", False)])
def test_at_a_terminal_the_user_is_asked(tmp_path: Path, home: Path, answer: str, trusted: bool) -> None:
    import pexpect  # noqa: PLC0415 (it has no spawn on Windows)

    child = pexpect.spawn(sys.executable, ["-c", SCRIPT, str(tmp_path)], cwd=str(REPOSITORY), env=dict(os.environ), encoding="utf-8")
    child.setwinsize(50, 400)
    child.expect_exact("Make it a trusted location?")
    asked = str(child.before)
    assert str(tmp_path / "홍 길동" / "문서" / "KIS") in asked
    assert "kis-xl uninstall undoes it" in asked
    child.sendline(answer)
    child.expect(r"exit 0 (\[.*\])")
    assert isinstance(child.match, re.Match)
    assert (str(tmp_path) in child.match[1]) is trusted
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
