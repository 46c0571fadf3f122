"""The documents that are made from the code: complete, up to date, and a site without a warning."""

from __future__ import annotations

import html
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from docs import pictures
from docs.generate import FOLDER, PAGES
from docs.generator import messages
from docs.generator.causes import CAUSES
from docs.generator.failing import failures_of
from docs.generator.formulas import parse
from docs.generator.png import Picture, read_text, size, trimmed, written
from docs.generator.trial import Result, as_shown, run, trial
from kis_xl import __version__, errors
from kis_xl.broker.codes import KNOWN_CODES, meaning
from kis_xl.configfile import OF_AN_ACCOUNT, PREFERENCES
from kis_xl.errors import KisError
from kis_xl.excel import wrappers
from kis_xl.excel.registry import FUNCTIONS
from kis_xl.variables import VARIABLES
from tests.conftest import REPOSITORY

FUNCTION_NAMES = wrappers.names()
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, KisError)]
MANUAL = [path for path in FOLDER.rglob("*.md") if path.relative_to(FOLDER).as_posix() not in PAGES]

# the pages


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), "run: python -m docs.generate"


def test_there_is_no_page_or_picture_of_a_function_that_has_gone() -> None:
    assert sorted(path.stem for path in FOLDER.glob("functions/*")) == sorted(FUNCTION_NAMES)
    assert sorted(path.stem for path in pictures.FOLDER.iterdir()) == sorted(FUNCTION_NAMES)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documents as Sphinx's site, built as strictly as it can be: a page in no table of contents is an error, too."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-b", "html", str(FOLDER), str(folder)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_document_is_a_page_that_the_first_page_leads_to(site: Path) -> None:
    index = (site / "index.html").read_text(encoding="utf-8")
    for path in FOLDER.rglob("*.md"):
        page = path.relative_to(FOLDER).with_suffix(".html").as_posix()
        assert (site / page).exists(), page
        assert page == "index.html" or f'href="{page}"' in index, page


def said(site: Path, page: str) -> str:
    """What a reader of a page sees."""
    return html.unescape(re.sub(r"<[^>]+>", "", (site / page).read_text(encoding="utf-8")))


def test_every_function_error_and_setting_has_its_place(site: Path) -> None:
    settings, listed, functions = (said(site, f"{name}.html") for name in ("settings", "errors", "functions"))
    assert [name for name in (*VARIABLES, *PREFERENCES, *OF_AN_ACCOUNT) if name not in settings] == []
    assert [kind.__name__ for kind in KINDS if kind.__name__ not in listed] == []
    assert [code for code in KNOWN_CODES if code not in listed] == []
    assert [name for name in FUNCTION_NAMES if name not in functions] == []
    for name in FUNCTION_NAMES:
        page = said(site, f"functions/{name}.html")
        for argument in FUNCTIONS[name].arguments:
            assert argument.help.ko in page
            assert argument.help.en in page
        assert all(example.formula in page for example in FUNCTIONS[name].examples)


def test_no_page_tells_of_the_machine_it_was_made_on() -> None:
    places = (tempfile.gettempdir(), str(Path.home()), str(REPOSITORY), "127.0.0.1")
    for name in PAGES:
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert [place for place in places if place in text] == [], name
        assert f"kis_xl {__version__}" not in text, name


# errors


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_error_has_cause_and_cure_in_both_languages(kind: type[KisError]) -> None:
    assert all(part.strip() for text in CAUSES[kind] for part in text)


@pytest.mark.parametrize("code", sorted(KNOWN_CODES))
def test_every_code_of_the_service_has_cause_and_cure_in_both_languages(code: str) -> None:
    known = meaning(code)
    assert all(part.strip() for text in (known.what, known.hint) for part in text)


def test_every_message_has_cause_and_cure_in_both_languages() -> None:
    found = messages.messages()
    for each in found:
        assert all(part.strip() for text in (each.what, each.hint) for part in text), each
        assert re.search("[가-힣]", each.what.ko), each
        assert not re.search("[가-힣]", each.what.en.replace("전체", "")), each
    assert {kind.__name__ for kind in KINDS} - {each.kind for each in found} <= MADE_FROM_CODES | {"KisError"}


#: Errors whose texts stand in the table of the service's codes.
MADE_FROM_CODES = {"AuthError", "EnvironmentMismatch", "IncompleteError", "ApiError", "KisError"}


def test_messages_are_read_from_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
_HINT = Text("힌트", "hint")
def one(name):
    what = Text("하나", "one")
    if name:
        what = Text(f"둘 {name}", f"two {name}")
    raise DataError(what, _HINT)
    what = Text("셋", "three")
    raise errors.ConfigError(what, unknown())
    raise FieldError("output1", 1, "prpr", Text("넷", "four"), _HINT)
    print(Text("다섯", "five"))
"""
    package = tmp_path / "kis_xl"
    package.mkdir()
    (package / "some.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(messages, "_PACKAGE", package)
    assert [(each.kind, each.what.en, each.hint.en) for each in messages.messages()] == [
        ("ConfigError", "three", CAUSES[errors.ConfigError].cure.en),
        ("DataError", "one", "hint"),
        ("DataError", "two …", "hint"),
        ("FieldError", "four", "hint"),
    ]


@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_every_argument_of_a_function_can_be_wrong_and_says_so(name: str) -> None:
    found = failures_of(name)
    told = {each.when.en for each in found if each.shows == "#VALUE!"}
    assert told >= {f"`{argument.name}` is wrong" for argument in FUNCTIONS[name].arguments}
    assert all(each.hint.ko and each.hint.en for each in found)
    assert "INTERNAL" not in {each.code for each in found}


def test_what_asks_the_service_tells_of_all_that_can_go_wrong_there() -> None:
    for name in ("KIS_HOLDINGS", "KIS_SUMMARY", "KIS_VALUE", "KIS_CHANGES"):
        assert {each.code for each in failures_of(name)} == {"ACCOUNT", "ARGUMENT", "AUTH", "CONFIG", "DATA", "NETWORK", "RATE"}


# examples


@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_every_function_has_examples_that_use_every_argument(name: str) -> None:
    entry = FUNCTIONS[name]
    calls = [parse(example.formula) for example in entry.examples]
    assert {called for called, _ in calls} == {name}
    assert len(calls) >= (2 if entry.arguments else 1)
    used = {place for _, given in calls for place, value in enumerate(given) if value is not None}
    assert used == set(range(len(entry.arguments)))
    assert all(example.says.ko and example.says.en for example in entry.examples)


def test_an_example_that_fails_stops_the_generator() -> None:
    with trial() as home, pytest.raises(RuntimeError, match="gives #KIS! ARGUMENT: there is no field"):
        run('=KIS_HOLDINGS(,"nothing")', home)


@pytest.mark.parametrize(
    ("formula", "name", "arguments"),
    [
        ("=KIS_X()", "KIS_X", []),
        ('=KIS_X( "a,b;(c)" , 1 )', "KIS_X", ["a,b;(c)", 1.0]),
        ('=KIS_X(,"say ""hi""",,TRUE)', "KIS_X", [None, 'say "hi"', None, True]),
        ('=KIS_X({"a";2},{1,"b"})', "KIS_X", [[["a"], [2.0]], [[1.0, "b"]]]),
        ("=KIS_X(-0.5,FALSE)", "KIS_X", [-0.5, False]),
    ],
)
def test_a_formula_is_a_call(formula: str, name: str, arguments: list[Any]) -> None:
    assert parse(formula) == (name, arguments)


@pytest.mark.parametrize("formula", ["KIS_X()", "=KIS_X", "=KIS_X(A1)", '=KIS_X("a)', "=SUM(KIS_X())", "=1+KIS_X(1)"])
def test_what_is_no_call_with_literals_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match="not a "):
        parse(formula)


@pytest.mark.parametrize(
    ("cell", "wanted", "text"),
    [
        (1234567.0, "", "1234567"),
        (113643.478, "", "113643.478"),
        (1234567.0, "#,##0;-#,##0", "1,234,567"),
        (-1234.5, "[Red]#,##0.0000;[Blue]-#,##0.0000;#,##0.0000", "-1,234.5000"),
        (-0.3104, "[Red]0.00%;[Blue]-0.00%;0.00%", "-31.04%"),
        (True, "", "TRUE"),
        ("005930", "", "005930"),
        ("#KIS! ARGUMENT: no", "", "#VALUE!"),
        ("#KIS! DATA: no", "", "#N/A"),
    ],
)
def test_cells_are_shown_as_excel_shows_them(cell: Any, wanted: str, text: str) -> None:
    assert as_shown(cell, wanted) == text


# pictures


@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_every_function_has_a_picture_of_what_it_shows_now(name: str) -> None:
    picture = pictures.FOLDER / f"{name}.png"
    assert pictures.digest_of(picture) == pictures.digest(pictures.shown(name)), "run: python -m docs.pictures"
    width, height = size(picture.read_bytes())
    assert 600 < width < 800
    assert 100 < height < 400
    assert picture.stat().st_size < 30_000


def test_another_result_makes_a_picture_stale() -> None:
    one = Result("=KIS_X()", [[1.0]], [[""]])
    others = [Result("=KIS_X(1)", [[1.0]], [[""]]), Result("=KIS_X()", [[2.0]], [[""]]), Result("=KIS_X()", [[1.0]], [["0.00%"]])]
    assert pictures.digest(one) not in {pictures.digest(each) for each in others}
    assert pictures.digest_of(FOLDER / "no picture.png") == ""


def test_a_printed_page_becomes_a_small_png() -> None:
    white, red = b"\xff\xff\xff", b"\xff\x00\x00"
    rows = [white * 4, white + red + white * 2, white + red * 2 + white, white * 4]
    picture = trimmed(b"P6\n4 4\n255\n" + b"".join(rows))
    assert picture == Picture(2, [red + white, red * 2])
    png = written(picture, "digest")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert size(png) == (2, 2)
    assert read_text(png) == "digest"


def test_a_picture_of_many_colours_fits_into_a_palette() -> None:
    row = b"".join(bytes((value, 255 - value, value // 2)) for value in range(256))
    shaded = Picture(256, [row, bytes(reversed(row))])
    assert size(written(shaded, "")) == (256, 2)


# the repository


def test_manual_pages_name_only_functions_that_exist() -> None:
    for path in [*REPOSITORY.glob("README*.md"), *MANUAL]:
        named = set(re.findall(r"\b(KIS_[A-Z]+)\b(?!_)", re.sub(r"KIS_XL_\w+", "", path.read_text(encoding="utf-8"))))
        assert named <= set(FUNCTION_NAMES), path.name
