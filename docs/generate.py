"""Writes docs/fields.md, docs/errors.md and docs/functions.md from the code: `python docs/generate.py`. A test compares them."""

from __future__ import annotations

import inspect
from pathlib import Path

from kis_xl import errors, fields
from kis_xl.broker.codes import KNOWN_CODES, Action, meaning
from kis_xl.excel import wrappers
from kis_xl.excel.registry import FUNCTIONS

FOLDER = Path(__file__).parent
_TABLES = {
    "Request headers": fields.REQUEST_HEADERS,
    "Query parameters": fields.PARAMETERS,
    "Response headers": fields.RESPONSE_HEADERS,
    "Response body": fields.RESPONSE_BODY,
    "Holdings: a row of `output1`": fields.HOLDING_FIELDS,
    "Account: the row of `output2`": fields.SUMMARY_FIELDS,
}
_ACTIONS = {
    Action.FAIL: "told at once",
    Action.RETRY: "tried again",
    Action.NEW_TOKEN: "one new token, once",
    Action.WAIT_TOKEN: "waits out the minute",
    Action.RESTART: "starts again at page 1",
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def field_tables() -> str:
    """Every field of the API document."""
    lines = ["# Every field of the balance inquiry", "", "Made from `kis_xl/fields.py` by `docs/generate.py`.", ""]
    lines += [f"`GET {fields.PATH}`", ""]
    lines += [f"- {each.key}: {each.host}, {each.tr_id}, {each.page_size} rows a page" for each in fields.Environment]
    lines += [""]
    for title, table in _TABLES.items():
        lines += [f"## {title}", "", "| key | 한글명 | English | type | unit | length | required | note |", "|" + " --- |" * 8]
        for field in table:
            allowed = "; ".join(f"`{value or ' '}` {what.en}" for value, what in field.choices.items())
            note = " · ".join(part for part in (field.note.en, allowed) if part)
            unit = field.kind.unit.en if field.kind.python_type is not str else ""
            cells = (
                f"`{field.key}`",
                field.ko,
                field.en,
                field.kind.key,
                unit,
                str(field.length or "-"),
                "yes" if field.required else "no",
                note,
            )
            lines.append("| " + " | ".join(_cell(part) for part in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def error_tables() -> str:
    """Every error and every known message code."""
    lines = [
        "# Every error, with cause and cure",
        "",
        "Made from `kis_xl/errors.py` and `kis_xl/broker/codes.py` by `docs/generate.py`.",
        "",
    ]
    lines += ["```text", (errors.__doc__ or "").strip(), "```", "", "## Message codes of the service", ""]
    lines += ["An unknown code is an `ApiError` at once.", ""]
    lines += ["| code | what happens | error | what | 무엇이 | what to do | 어떻게 |", "|" + " --- |" * 7]
    for code in sorted(KNOWN_CODES):
        known = meaning(code)
        cells = (
            f"`{code}`",
            _ACTIONS[known.action],
            f"`{known.error.__name__}`",
            known.what.en,
            known.what.ko,
            known.hint.en,
            known.hint.ko,
        )
        lines.append("| " + " | ".join(_cell(part) for part in cells) + " |")
    return "\n".join([*lines, ""])


def function_pages() -> str:
    """Every function of the workbook: its syntax, what it returns, its arguments."""
    lines = ["# Every function of the workbook", "", "Made from `kis_xl/udfs.py` by `docs/generate.py`.", ""]
    lines += ["How they behave: [excel.md](excel.md).", ""]
    for name in wrappers.names():
        entry = FUNCTIONS[name]
        parameters = inspect.signature(entry.call).parameters.values()
        shown = ", ".join(each.name if each.default is each.empty else f"[{each.name}]" for each in parameters)
        lines += [f"## {name}", "", f"`={name}({shown})`", "", entry.help.ko, "", entry.help.en, ""]
        if entry.arguments:
            lines += ["| argument | | |", "| --- | --- | --- |"]
            lines += [f"| `{part.name}` | {_cell(part.help.ko)} | {_cell(part.help.en)} |" for part in entry.arguments]
            lines += [""]
    return "\n".join(lines)


PAGES = {"fields.md": field_tables, "errors.md": error_tables, "functions.md": function_pages}

if __name__ == "__main__":
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8", newline="\n")
