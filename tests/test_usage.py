"""A wrong call of the command line is told in the user's language, whatever the library says."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from kis_xl.cli.usage import in_korean
from tests.conftest import REPOSITORY

CALLS = {
    "an option that there is not": (["balance", "--jsn"], "없는 옵션입니다: --jsn"),
    "a command that there is not": (["balanse"], "없는 명령입니다: 'balanse'"),
    "a command of a group that there is not": (["accounts", "lst"], "없는 명령입니다: 'lst'"),
    "an argument that is missing": (["accounts", "remove"], "값이 빠졌습니다: "),
    "an option without its value": (["export", "--output"], "옵션 '--output' 에는 값이 필요합니다"),
    "a flag with a value": (["export", "--all=1"], "옵션 '--all' 에는 값을 줄 수 없습니다"),
    "a word too many": (["balance", "me"], "남는 값이 있습니다: me"),
    "a Korean word too many": (["balance", "연금"], "남는 값이 있습니다: 연금"),
    "a Korean command": (["잔고"], "없는 명령입니다: '잔고'"),
    "a command with a slip": (["balnce"], "없는 명령입니다: 'balnce' 혹시 'balance'?"),
    "a word for a number": (["demo", "--rows", "many"], "'--rows' 의 값이 올바르지 않습니다: 'many' 은(는) 정수가 아닙니다"),
    "a number out of range": (["demo", "--rows", "-1"], "'--rows' 의 값이 올바르지 않습니다: -1 은(는) 범위(0<=x<=100000) 밖입니다"),
    "a choice that there is not": (
        ["demo", "--lang", "fr"],
        "'--lang' 의 값이 올바르지 않습니다: 'fr' 은(는) 쓸 수 없습니다. 쓸 수 있는 값: 'ko', 'en'",
    ),
    "no number": (["simulator", "--latency", "slow"], "'--latency' 의 값이 올바르지 않습니다: 'slow' 은(는) 숫자가 아닙니다"),
}


def told(arguments: list[str], language: str) -> list[str]:
    """The lines of standard error of a process of its own: texts of options are made when a module is loaded."""
    environment = {**os.environ, "KIS_XL_LANG": language}
    command = [sys.executable, "-m", "kis_xl", *arguments]
    done = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    return done.stderr.splitlines()


@pytest.mark.parametrize("name", CALLS)
def test_it_is_told_in_korean_in_one_line_with_a_hint(name: str) -> None:
    arguments, korean = CALLS[name]
    error, hint = told(arguments, "ko")
    assert error.startswith(f"error: ARGUMENT: {korean}"), error
    assert not re.search(r"\b(?:is|not|such|requires|does|Invalid|unexpected|Missing|mean)\b", error), error
    assert "--help" in hint


@pytest.mark.parametrize("name", [name for name in CALLS if "Korean" not in name])
def test_in_english_it_is_the_librarys_own_sentence(name: str) -> None:
    assert not re.search("[가-힣]", "".join(told(CALLS[name][0], "en")))


def test_a_sentence_that_is_not_known_is_not_lost() -> None:
    assert in_korean("Something new.") == "명령의 사용법이 올바르지 않습니다 (Something new.)"
    assert in_korean("No such option: --x Did you mean --y?") == "없는 옵션입니다: --x 혹시 --y?"
