"""README in two languages says the same: the same sections, commands, variables, links and pictures."""

from __future__ import annotations

import re

import pytest

from kis_xl.cli import COMMANDS
from kis_xl.settings import VARIABLES
from tests.conftest import REPOSITORY

BOTH = {name: (REPOSITORY / name).read_text(encoding="utf-8") for name in ("README.md", "README.ko.md")}
PATTERNS = {
    "levels of the headings": r"^(#+) ",
    "code": r"^```(?:\w+)\n(?:.|\n)*?^```",
    "formulas": r"`(=KIS_[^`]+)`",
    "commands": r"`(kis-xl[^`…]*)`",
    "variables": r"`((?:KIS_XL|REQUESTS)_\w+)`",
    "rows of tables": r"^(\|)",
    "pictures": r"!\[[^\]]*\]\(([^)]+)\)",
}
#: Said in one language only: the other's quick start, and what is about English pages.
OF_ONE_LANGUAGE = {"README.md", "README.ko.md", "docs/quickstart.md", "docs/index.md"}


def _found(pattern: str, text: str) -> list[str]:
    return re.findall(pattern, text, re.MULTILINE)


@pytest.mark.parametrize("what", PATTERNS)
def test_both_have_the_same(what: str) -> None:
    english, korean = (_found(PATTERNS[what], text.replace("연금", "pension")) for text in BOTH.values())
    assert english
    if what in ("commands", "formulas"):  # the order of words differs between the languages
        english, korean = sorted(set(english)), sorted(set(korean))
    if what == "code":
        assert [re.sub(r"상품명|평가금액", "", block) for block in english] == korean
        return
    assert english == korean


def test_both_lead_to_the_same_pages() -> None:
    links = [set(_found(r"\]\(([^)#:]+)\)", text)) for text in BOTH.values()]
    only = (links[0] ^ links[1]) - OF_ONE_LANGUAGE
    # the pages for developers are English, and one link to all of them is enough in Korean
    assert only <= {f"docs/{page}.md" for page in ("architecture", "fields", "errors", "dependencies")}
    for text in BOTH.values():
        for target in _found(r"\]\(([^)#:]+)\)", text):
            assert (REPOSITORY / target).exists(), target


@pytest.mark.parametrize("name", BOTH)
def test_every_variable_and_command_is_named(name: str) -> None:
    for variable in VARIABLES:
        assert f"`{variable}`" in BOTH[name], variable
    for command in COMMANDS:
        assert f"`kis-xl {command}" in BOTH[name], command


def test_each_is_in_its_own_language() -> None:
    english, korean = (re.sub(r"```(?:.|\n)*?```|`[^`]*`", "", text) for text in BOTH.values())
    assert len(re.findall("[가-힣]", english)) < 80
    assert len(re.findall("[가-힣]", korean)) > 1500
