"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from kis_xl.accounts import CHOOSABLE
from kis_xl.errors import ArgumentError
from kis_xl.language import LANGUAGES, Text
from kis_xl.variables import parse_pairs

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_OF_THE_REPORT = Text("보고서 언어", "the report's language")


def account_option() -> Decorator:
    """`--account NAME`."""
    return click.option(
        "--account",
        "account_name",
        metavar=Text("이름", "NAME").in_(),
        help=Text("계좌 이름, * 는 모든 계좌 (기본: 기본 계좌)", "the account's name, * for all (default: the default one)").in_(),
    )


def output_option() -> Decorator:
    """`--output FILE|DIR`."""
    shown = Text(
        "파일(.xlsx) 또는 폴더(/로 끝남). 기본은 데이터 폴더의 reports",
        "a file (.xlsx) or a folder (ending in /); default: reports in the data folder",
    ).in_()
    return click.option("--output", metavar="FILE|DIR", help=shown)


def language_option(of: Text = _OF_THE_REPORT) -> Decorator:
    """`--lang ko|en`, and what it is the language of."""
    return click.option("--lang", "language", type=click.Choice(LANGUAGES), help=of.in_())


def parameter_option() -> Decorator:
    """`--param KEY=VALUE`, repeatable: the API's own query parameters."""
    names = ", ".join(CHOOSABLE)
    shown = Text(f"조회 파라미터, 여러 번 쓸 수 있음: {names}", f"a query parameter, repeatable: {names}").in_()
    return click.option("--param", "parameters", metavar="KEY=VALUE", multiple=True, help=shown)


def json_option() -> Decorator:
    """`--json`, of a balance."""
    shown = Text("JSON으로, API의 이름과 단위 그대로", "as JSON, with the API's names and units").in_()
    return click.option("--json", "json_wanted", is_flag=True, help=shown)


def by_option() -> Decorator:
    """`--by row|stock`."""
    shown = Text("행 그대로, 또는 종목별로 합쳐서", "rows as given, or joined by stock").in_()
    return click.option("--by", type=click.Choice(["row", "stock"]), default="row", help=shown)


def read_parameters(given: tuple[str, ...]) -> dict[str, str]:
    """The pairs of `--param`; ArgumentError for one that is none."""
    return parse_pairs("; ".join(given), "--param", ArgumentError)
