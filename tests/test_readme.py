"""What is there in two languages says the same in both: the same sections, commands, variables, links and pictures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kis_xl.cli import COMMANDS
from kis_xl.variables import VARIABLES
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
#: Pages in both languages: the English one and the Korean one.
PAIRS = [(REPOSITORY / "README.md", REPOSITORY / "README.ko.md")] + [
    (path.with_name(path.name.replace(".ko.md", ".md")), path) for path in sorted((REPOSITORY / "docs").glob("*.ko.md"))
]
_TRANSLATED = {english.name for english, _ in PAIRS}
#: Where a reader chooses the language.
_LEADS_TO_BOTH = {"README.md": ["docs/quickstart.ko.md"]}
#: Said in one language only: that the other documents are English.
OF_ONE_LANGUAGE = {"docs/index.md"}


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


def _links(path: Path) -> set[str]:
    return set(_found(r"\]\(([^)#:]+)[)#]", path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("english", "korean"), PAIRS, ids=lambda path: path.name)
def test_both_lead_to_the_same_pages(english: Path, korean: Path) -> None:
    links = [{link.replace(".ko.md", ".md") for link in _links(path)} - OF_ONE_LANGUAGE for path in (english, korean)]
    # the pages for developers are English, and one link to all of them is enough in Korean
    for_developers = {f"docs/{page}.md" for page in ("architecture", "fields", "errors", "dependencies")}
    assert links[0] ^ links[1] <= (for_developers if english.name == "README.md" else set())
    for path in (english, korean):
        for target in _links(path):
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", [path for pair in PAIRS for path in pair], ids=lambda path: path.name)
def test_a_page_leads_to_pages_in_its_language(path: Path) -> None:
    """Where there is one, but for itself in the other language, which each has to lead to."""
    if path.name.endswith(".ko.md"):
        itself, others = path.name.replace(".ko.md", ".md"), {link for link in _links(path) if Path(link).name in _TRANSLATED}
    else:
        itself, others = path.name.replace(".md", ".ko.md"), {link for link in _links(path) if link.endswith(".ko.md")}
    assert others == {itself, *_LEADS_TO_BOTH.get(path.name, ())}


@pytest.mark.parametrize(("english", "korean"), PAIRS[1:], ids=lambda path: path.name)
@pytest.mark.parametrize("what", ["levels of the headings", "rows of tables", "formulas", "commands", "variables", "pictures", "names"])
def test_a_page_in_both_languages_has_the_same(what: str, english: Path, korean: Path) -> None:
    patterns = {**PATTERNS, "names": r"`([a-zA-Z_]+)`"}
    texts = (re.sub(r"^```(?:.|\n)*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE) for path in (english, korean))
    found = [_found(patterns[what], text.replace("NAME", "이름")) for text in texts]
    if what in ("levels of the headings", "rows of tables"):
        assert found[0] == found[1] != []
    else:  # the order of words differs between the languages
        assert set(found[0]) == set(found[1])


def test_some_pages_are_there_in_both_languages() -> None:
    assert {"README.md", "quickstart.md", "excel.md", "security.md"} <= _TRANSLATED


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
