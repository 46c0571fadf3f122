"""The pages that are tables of data in the code: fields and settings."""

from __future__ import annotations

from docs.generator import config_file
from docs.generator.markdown import plain, table
from kis_xl import fields
from kis_xl.configfile import FILE_NAME, OF_AN_ACCOUNT, PREFERENCES
from kis_xl.variables import VARIABLES

_TABLES = {
    "Request headers": fields.REQUEST_HEADERS,
    "Query parameters": fields.PARAMETERS,
    "Response headers": fields.RESPONSE_HEADERS,
    "Response body": fields.RESPONSE_BODY,
    "Holdings: a row of `output1`": fields.HOLDING_FIELDS,
    "Account: the row of `output2`": fields.SUMMARY_FIELDS,
}
_SETTINGS = {
    "Environment variables · 환경 변수": VARIABLES,
    f"`{FILE_NAME}` in the data folder · 데이터 폴더의 설정 파일": PREFERENCES,
    f'`[accounts."NAME"]` in `{FILE_NAME}` · 설정 파일의 계좌': OF_AN_ACCOUNT,
}


def field_tables() -> str:
    """Every field of the API document."""
    lines = ["# Every field of the balance inquiry", "", "Made from `kis_xl/fields.py` by `docs/generate.py`.", ""]
    lines += [f"`GET {fields.PATH}`", ""]
    lines += [f"- {each.key}: {each.host}, {each.tr_id}, {each.page_size} rows a page" for each in fields.Environment]
    lines += [""]
    for title, listed in _TABLES.items():
        lines += [f"## {title}", ""]
        header = ("key", "한글명", "English", "type", "unit", "length", "required", "note", "설명")
        lines += table(header, map(_field_row, listed))
    return "\n".join(lines)


def _field_row(field: fields.Field) -> tuple[str, ...]:
    unit = field.kind.unit.en if field.kind.python_type is not str else ""
    length, required = str(field.length or "-"), "yes" if field.required else "no"
    notes = []
    for language in ("en", "ko"):
        allowed = "; ".join(f"`{value or ' '}` {getattr(what, language)}" for value, what in field.choices.items())
        notes.append(" · ".join(part for part in (plain(getattr(field.note, language)), allowed) if part))
    return (f"`{field.key}`", plain(field.ko), plain(field.en), field.kind.key, unit, length, required, *notes)


def settings_table() -> str:
    """Every environment variable, and every key of the configuration file."""
    lines = ["# Every setting", "", "Made from `kis_xl/variables.py` and `kis_xl/configfile.py` by `docs/generate.py`.", ""]
    lines += ["How to set them: [quickstart.md](quickstart.md), [quickstart.ko.md](quickstart.ko.md).", ""]
    for title, settings in _SETTINGS.items():
        rows = ((f"`{name}`", plain(what.en), plain(what.ko)) for name, what in settings.items())
        lines += [f"## {title}", "", *table(("setting", "what it is for", "용도"), rows)]
    lines += ["`REQUESTS_CA_BUNDLE` names the certificate file of a company proxy · 회사 프록시의 인증서 파일.", ""]
    return "\n".join([*lines, *config_file.place_and_sample(), *config_file.which_goes_first()])
