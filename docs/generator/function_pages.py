"""A page a function: syntax, what it returns, arguments, examples that were run, a picture, errors that were provoked."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import TypeVar

from docs.generator.failing import failures_of
from docs.generator.markdown import both, plain, table
from docs.generator.trial import Result, run, trial
from kis_xl.excel import wrappers
from kis_xl.excel.registry import FUNCTIONS, Registered

T = TypeVar("T")

MOST_ROWS, MOST_COLUMNS = 16, 9
_MORE = "…"
_MADE = "Made from `kis_xl/udfs.py` by `docs/generate.py`."


def overview() -> str:
    """All functions, a line each."""
    lines = ["# Every function of the workbook", "", _MADE, ""]
    lines += [
        "How they behave: [excel.md](excel.md) · 함수의 동작: [excel.ko.md](excel.ko.md).",
        "The examples of each page were run, with two simulated accounts: `env` and `연습`.",
        "",
    ]
    rows = ((f"[{name}](functions/{name}.md)", f"`{syntax(FUNCTIONS[name])}`", both(FUNCTIONS[name].help)) for name in wrappers.names())
    return "\n".join([*lines, *table(("function", "syntax", "what it returns · 결과"), rows)])


def page(name: str) -> str:
    """The page of one function."""
    entry = FUNCTIONS[name]
    lines = [f"# {name}", "", _MADE, "", "```text", syntax(entry), "```", "", entry.help.en, "", entry.help.ko, ""]
    lines += [f"![{name}](../images/functions/{name}.png)", ""]
    lines += ["## Returns · 결과", "", _returns(entry), ""]
    if entry.arguments:
        lines += ["## Arguments · 인수", ""]
        rows = ((f"`{part.name}`", plain(part.help.en), plain(part.help.ko)) for part in entry.arguments)
        lines += table(("argument", "what it takes", "넣을 값"), rows)
    lines += ["## Examples · 예", "", *_examples(entry), *_errors(name)]
    return "\n".join(lines)


def syntax(entry: Registered) -> str:
    """`=KIS_X(needed, [optional])`."""
    parameters = inspect.signature(entry.call).parameters.values()
    shown = ", ".join(each.name if each.default is each.empty else f"[{each.name}]" for each in parameters)
    return f"={entry.name}({shown})"


def _returns(entry: Registered) -> str:
    """The docstring of the function itself: on Windows xlwings puts the help in place of the wrapper's."""
    said = inspect.getdoc(inspect.unwrap(entry.call)) or ""
    units = "Amounts are won, rates true fractions, codes text, dates dates: [results](../excel.md#results)."
    return f"{said}\n\n{units}"


def _examples(entry: Registered) -> Iterator[str]:
    with trial() as home:
        for example in entry.examples:
            result = run(example.formula, home)
            yield from (f"### {example.says.en[0].upper()}{example.says.en[1:]} · {example.says.ko}", "")
            yield from ("```text", example.formula, "```", "", *_sheet(result))


def _sheet(result: Result) -> Iterator[str]:
    """The cells as a piece of a sheet, with the letters of columns and the numbers of rows; of a large one a corner."""
    texts = result.texts()
    columns = len(texts[0])
    clipped = [_cut(row, MOST_COLUMNS, _MORE) for row in _cut(texts, MOST_ROWS, [_MORE] * columns)]
    letters = [chr(ord("A") + place) for place in range(columns)]
    numbers = _cut([str(number) for number in range(1, len(texts) + 1)], MOST_ROWS, _MORE)
    rows = ((number, *map(plain, row)) for number, row in zip(numbers, clipped, strict=True))
    yield from table(("", *_cut(letters, MOST_COLUMNS, _MORE)), rows)
    if len(texts) > MOST_ROWS or columns > MOST_COLUMNS:
        yield from (f"{len(texts)} rows and {columns} columns in all · 모두 {len(texts)}행 {columns}열", "")


def _cut(cells: Sequence[T], most: int, more: T) -> list[T]:
    return [*cells] if len(cells) <= most else [*cells[: most - 1], more]


def _errors(name: str) -> list[str]:
    lines = ["## Errors · 오류", ""]
    found = failures_of(name)
    if not found:
        return [*lines, "None. · 없습니다.", ""]
    rows = ((both(each.when), f"`{each.shows}`", f"`{each.code}`", both(each.what), both(each.hint)) for each in found)
    lines += table(("when · 경우", "cell · 셀", "code", "what KIS_STATUS says · 설명", "what to do · 해결"), rows)
    return [*lines, "Each was provoked to write this table. `INTERNAL` would be a bug. All errors: [errors.md](../errors.md).", ""]
