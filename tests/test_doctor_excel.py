"""The button that checks: what the call says, and what is wrong on this machine, short enough for a message box."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kis_xl.doctor import excel
from kis_xl.doctor.finding import failed
from kis_xl.errors import OutputError
from kis_xl.excel import macros
from kis_xl.language import Text
from kis_xl.simulator import Simulator


@pytest.fixture(autouse=True)
def _healthy(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "examine", lambda case: iter(()))


def broken(number: int) -> object:
    return failed(
        "folder.writing",
        OutputError,
        Text(f"쓸 수 없습니다 {number} {'길게 ' * 40}", f"cannot be written {number} {'long ' * 40}"),
        Text("권한을 고치세요.", "Mend its permissions."),
    )


def test_where_all_is_well_it_is_the_answer_of_the_call() -> None:
    assert re.fullmatch(r"OK: .+", str(excel.check()))


@pytest.mark.parametrize(
    ("language", "cure", "command"), [("ko", "권한을 고치세요.", "모든 점검"), ("en", "Mend its permissions.", "All checks")]
)
def test_what_is_wrong_follows_with_its_cure(monkeypatch: pytest.MonkeyPatch, language: str, cure: str, command: str) -> None:
    macros.hello(language)
    monkeypatch.setattr(excel, "examine", lambda case: iter([broken(1)]))
    first, blank, what, then, last = str(excel.check()).splitlines()
    assert first.startswith("OK: ")
    assert (blank, then) == ("", f"  → {cure}")
    assert "1" in what
    assert last == f"{command}: kis-xl doctor"


def test_many_findings_fit_into_a_message_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "examine", lambda case: iter([broken(number) for number in range(9)]))
    said = str(excel.check())
    assert len(said) <= 900
    assert said.startswith("OK: ")


def test_a_setting_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text("language = ko\n", encoding="utf-8")
    assert "config.toml, line 1" in str(excel.check())
