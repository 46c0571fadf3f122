"""The API document's table against the code, field by field."""

from __future__ import annotations

import csv
import dataclasses
import re
import typing
from datetime import date
from pathlib import Path

import pytest

from kis_xl import fields
from kis_xl.fields import Environment, Field, Holding, Kind, Summary
from tests.conftest import REPOSITORY

TABLES: dict[str, tuple[Field, ...]] = {
    "request_header": fields.REQUEST_HEADERS,
    "request_parameter": fields.PARAMETERS,
    "response_header": fields.RESPONSE_HEADERS,
    "response_body": fields.RESPONSE_BODY,
    "output1": fields.HOLDING_FIELDS,
    "output2": fields.SUMMARY_FIELDS,
}


def document() -> list[dict[str, str]]:
    """The document's lines as facts: table, key, name, type, required, length, note (its first line)."""
    with (REPOSITORY / "tests" / "data" / "inquire_balance.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


LINES = document()


def test_tables_hold_the_documents_fields_in_its_order() -> None:
    assert {name: [field.key for field in table] for name, table in TABLES.items()} == {
        name: [line["key"] for line in LINES if line["table"] == name] for name in TABLES
    }
    assert {name: len(table) for name, table in TABLES.items()} == {
        "request_header": 13,
        "request_parameter": 11,
        "response_header": 4,
        "response_body": 7,
        "output1": 26,
        "output2": 24,
    }


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line['table']}.{line['key']}")
def test_field_agrees_with_the_document(line: dict[str, str]) -> None:
    field = fields.by_key(TABLES[line["table"]])[line["key"]]
    assert field.ko == line["name"]
    assert field.required == (line["required"] == "Y")
    assert str(field.length or "-") == line["length"]
    assert (field.kind is Kind.ROWS) == (line["type"] == "Object Array")
    if line["table"].startswith("output"):
        assert line["note"].split("(")[0][:12] in field.note.ko


def test_document_given_beside_the_project_is_the_one_tested_against() -> None:
    given = REPOSITORY.parent / "shared" / "api" / "inquire-balance.md"
    if not given.exists():
        pytest.skip("the API document itself is not beside the project; its table in tests/data is tested against")
    text = given.read_text(encoding="utf-8")
    for line in LINES:
        pattern = (
            rf"^{re.escape(line['key'])}\s*\| {re.escape(line['name'])}\s*\| {line['type']} \| {line['required']} \| {line['length']} \|"
        )
        assert re.search(pattern, text, re.MULTILINE), line
    for environment in Environment:
        assert environment.host in text
        assert environment.tr_id in text
    assert fields.PATH in text


def test_allowed_values_are_the_documents() -> None:
    choices = {field.key: tuple(field.choices) for field in fields.PARAMETERS if field.choices}
    assert choices == {
        "AFHR_FLPR_YN": ("N", "Y", "X"),
        "INQR_DVSN": ("01", "02"),
        "UNPR_DVSN": ("01",),
        "FUND_STTL_ICLD_YN": ("N", "Y"),
        "FNCG_AMT_AUTO_RDPT_YN": ("N",),
        "PRCS_DVSN": ("00", "01"),
    }
    assert all(field.default in field.choices for field in fields.PARAMETERS if field.choices)


@pytest.mark.parametrize(("record", "table"), [(Holding, fields.HOLDING_FIELDS), (Summary, fields.SUMMARY_FIELDS)])
def test_static_types_are_the_kinds(record: type, table: tuple[Field, ...]) -> None:
    hints = typing.get_type_hints(record)
    for field in table:
        expected = date | None if field.kind is Kind.DATE else field.kind.python_type
        assert hints[field.key] == expected, field.key
    assert [column.name for column in dataclasses.fields(record)] == [field.key for field in table]


@pytest.mark.parametrize("name", ["output1", "output2"])
def test_captions_are_unambiguous_in_each_language(name: str) -> None:
    for language in ("ko", "en"):
        captions = [getattr(field, language).casefold() for field in TABLES[name]]
        assert len(set(captions)) == len(captions)
        assert all(captions)


def test_secrets_are_marked() -> None:
    assert {field.key for field in fields.REQUEST_HEADERS if field.secret} == {
        "authorization",
        "appkey",
        "appsecret",
        "personalseckey",
        "phone_number",
    }


def test_environment_is_found_by_name() -> None:
    assert Environment.of(" Real ") is Environment.REAL
    assert Environment.of("mock") is Environment.MOCK
    assert (Environment.REAL.page_size, Environment.MOCK.page_size) == (50, 20)
    with pytest.raises(ValueError, match="paper"):
        Environment.of("paper")


def test_every_module_is_reached_only_from_above() -> None:
    """Imports point one way: what stands lower in this list is never imported from above it."""
    order = [
        "language",
        "kst",
        "redaction",
        "errors",
        "fields",
        "accounts",
        "parsing",
        "bystock",
        "models",
        "datafolder",
        "cells",
        "digest",
    ]
    order += ["policy", "splits", "changes", "history", "logs", "trading", "broker", "simulator", "practice"]
    order += ["values", "variables", "secretstore", "configtext", "configfile", "leftovers", "configedit", "settings", "schedule"]
    order += ["snapshots", "report", "excel", "installation", "doctor", "onboarding", "cli"]
    # `udfs` is Excel's front door: what makes the workbook reads the functions there
    apart = {("simulator", "broker"), ("simulator", "errors"), ("simulator", "accounts"), ("broker", "simulator")}
    apart |= {("report", "broker"), ("excel", "simulator")}
    package = REPOSITORY / "kis_xl"
    for path in package.rglob("*.py"):
        here = _layer(path, package)
        for name in re.findall(r"^\s*(?:from|import) kis_xl(?:\.| import )(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            if here in order and name in order and name != here:
                assert order.index(name) < order.index(here), f"{path.name} imports {name}"
                assert (here, name) not in apart, f"{here} must not know {name}"


def _layer(path: Path, package: Path) -> str:
    return path.relative_to(package).parts[0].removesuffix(".py")
