"""Every text is there in Korean and in English, and what a user sees comes from such a pair."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from kis_xl import language
from kis_xl.cli import COMMANDS
from kis_xl.language import Text
from tests.conftest import REPOSITORY

PACKAGE = REPOSITORY / "kis_xl"
HANGUL = re.compile("[가-힣]")
#: Korean that stands in English texts on purpose: what is written on Korean screens, what a user may type, the name of the firm.
KOREAN_IN_ENGLISH = ("전체", "한국투자증권", "새로고침", "한국어", "편집 사용", "연금", "내 계좌", "모의투자", "신청현황", "신청")
WORDS = re.compile(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}")


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def words(node: ast.expr) -> str | None:
    """The letters of a literal, without what is filled in; None for what is no literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def texts() -> Iterator[tuple[str, str, str]]:
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text" and len(node.args) == 2:
                korean, english = words(node.args[0]), words(node.args[1])
                if korean is not None and english is not None:
                    yield f"{path.relative_to(REPOSITORY)}:{node.lineno}", korean, english


def test_both_languages_of_every_text_are_in_their_own() -> None:
    found = list(texts())
    assert len(found) > 700
    for where, korean, english in found:
        if korean.startswith("In English:"):  # the line of the start page for those who read the other language
            continue
        assert bool(korean.strip()) == bool(english.strip()), where
        rest = english
        for allowed in KOREAN_IN_ENGLISH:
            rest = rest.replace(allowed, "")
        assert not HANGUL.search(rest) or "`" in english, f"{where}: {english}"
        if not HANGUL.search(korean):  # a name, a sign, or what both share
            assert not WORDS.search(korean), f"{where}: {korean}"


def _literals_shown() -> Iterator[tuple[str, str]]:
    """Literals that are handed to what shows them, or to an error, without being a pair."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
            shown = list(node.args) if name in ("echo", "secho", "prompt", "confirm", "add_column") or name.endswith("Error") else []
            shown += [keyword.value for keyword in node.keywords if keyword.arg in ("help", "metavar", "title", "description")]
            for value in shown:
                said = words(value)
                if said and (WORDS.search(said) or HANGUL.search(said)):
                    yield f"{path.relative_to(REPOSITORY)}:{node.lineno}", said


def test_nothing_that_a_user_sees_is_in_one_language_only() -> None:
    allowed = {  # told to programmers
        "a Secret is not pickled: it would be written in the clear",
        "not a token",
        "database is locked",
        "a help text of {} is blank or longer than {}",
        "no function of ours: {}",
        "module {} has no attribute {}",
    }
    for where, said in _literals_shown():
        inside = where.startswith(("kis_xl/simulator/", "kis_xl/excel/ovba/")) or "error: {}" in said or "warning: {}" in said
        assert inside or said in allowed or re.match(r"(error|hint|warning)", said), f"{where}: {said}"


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_whole_in_both_languages(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    korean, english = (_help(command, which, monkeypatch) for which in ("ko", "en"))
    assert not HANGUL.search(english.replace("전체", "").replace("한국투자증권", "")), english
    assert HANGUL.search(korean)
    for line in (korean + english).splitlines():
        assert cell_len(line.rstrip()) <= 80, line
    plain = re.sub(r"^\s+-.*?  +|\[.*?\]|`.*?`", "", korean, flags=re.MULTILINE)
    assert not WORDS.search(plain), korean
    assert set(re.findall(r"--[a-z-]+", korean)) == set(re.findall(r"--[a-z-]+", english))


def _help(command: str, which: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("KIS_XL_LANG", which)
    monkeypatch.setenv("COLUMNS", "80")
    arguments = [sys.executable, "-m", "kis_xl", *([command] if command else []), "--help"]
    done = subprocess.run(arguments, capture_output=True, encoding="utf-8", check=False, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_language_is_the_variables_then_the_files_then_the_systems(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    def spoken() -> str:
        done = subprocess.run([sys.executable, "-m", "kis_xl", "--help"], capture_output=True, encoding="utf-8", check=True, cwd=REPOSITORY)
        return "ko" if HANGUL.search(done.stdout) else "en"

    monkeypatch.setenv("KIS_XL_LANG", "ko")
    assert spoken() == "ko"
    monkeypatch.delenv("KIS_XL_LANG")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert spoken() == "en"
    home.mkdir()
    (home / "config.toml").write_text('# mine\nlanguage = "ko"\n', encoding="utf-8")
    assert spoken() == "ko"
    monkeypatch.setenv("KIS_XL_LANG", "en")
    assert spoken() == "en"
    monkeypatch.delenv("KIS_XL_LANG")
    (home / "config.toml").write_bytes(b"\xff\xfe not this")
    assert spoken() == "en"


def test_a_preferred_language_gives_way_to_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "_preferred", None)
    language.prefer("ko")
    assert Text("가", "a").in_() == "a"
    monkeypatch.delenv("KIS_XL_LANG")
    assert Text("가", "a").in_() == "가"
