"""The texts of a report stand in one table, as Excel writes them: some readers show texts in cells as blank."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from openpyxl import load_workbook

from kis_xl.report import write_report
from kis_xl.report.texts import Texts, encoded
from tests.report_kit import balance, past, stock

NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ODD = [
    "=1+1", "+2", "-3", "@x", "'quoted", " leads", "trails ", "two  blanks", "tab\there", "line\nbreak", "return\rhere", "<b> & \"x\"",
    "_x0041_", "_x004", "__x0041_", "이모지 🙂", "\u202eright to left", "",
]  # fmt: skip


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return write_report(balance(), tmp_path / "r.xlsx", "ko", past())


def test_no_cell_holds_a_text_of_its_own(report: Path) -> None:
    sheets = {name: content for name, content in parts(report).items() if name.startswith("xl/worksheets/sheet")}
    assert len(sheets) == 7
    for content in sheets.values():
        assert b"inlineStr" not in content
        assert b't="s"' in content


def test_the_table_counts_its_texts_and_how_often_they_are_used(report: Path) -> None:
    content = parts(report)
    table = ET.fromstring(content["xl/sharedStrings.xml"])  # noqa: S314 (our own)
    used = [int(number) for name in content if name.startswith("xl/worksheets/sheet") for number in _numbers(content[name])]
    assert int(table.attrib["count"]) == len(used)
    assert int(table.attrib["uniqueCount"]) == len(table) == len(set(used)) == max(used) + 1
    texts = ["".join(item.itertext()) for item in table]
    assert len(texts) == len(set(texts))


def _numbers(sheet: bytes) -> list[bytes]:
    return re.findall(rb't="s"><v>(\d+)</v>', sheet)


def test_the_workbook_names_the_table(report: Path) -> None:
    content = parts(report)
    assert b'PartName="/xl/sharedStrings.xml"' in content["[Content_Types].xml"]
    relations = ET.fromstring(content["xl/_rels/workbook.xml.rels"])  # noqa: S314 (our own)
    assert [each.attrib["Target"] for each in relations if each.attrib["Type"].endswith("/sharedStrings")] == ["/xl/sharedStrings.xml"]
    assert len({each.attrib["Id"] for each in relations}) == len(relations)


def test_any_text_is_read_as_it_was(tmp_path: Path) -> None:
    names = [name for name in ODD if name and name == name.strip()]  # the broker strips what the service pads
    rows = [stock(f"{number:06}", name, 1, 10, 9) for number, name in enumerate(names)]
    path = write_report(balance(rows), tmp_path / "r.xlsx", "en")
    cells = [line[1].value for line in load_workbook(path)["Holdings"].iter_rows(min_row=2, max_row=1 + len(names))]
    # openpyxl does not undo Excel's way of writing `_x0041_`
    assert [str(cell).replace("_x005F_", "_") for cell in cells] == names


def test_blanks_at_the_ends_are_kept() -> None:
    texts = Texts()
    for value in ODD:
        texts.number(value)
    table = ET.fromstring("".join(texts.xml()))  # noqa: S314 (our own)
    assert [str(item.findtext(f"{NAMESPACE}t")) for item in table] == [encoded(value) for value in ODD]


def test_a_text_has_one_number() -> None:
    texts = Texts()
    assert [texts.number(value) for value in ("a", "b", "a", "")] == [0, 1, 0, 2]
    table = ET.fromstring("".join(texts.xml()))  # noqa: S314 (our own)
    assert (table.attrib["count"], [item.findtext(f"{NAMESPACE}t") for item in table]) == ("4", ["a", "b", ""])


def test_what_excel_would_decode_is_kept_from_it() -> None:
    assert encoded("_x0041_ and _x00") == "_x005F_x0041_ and _x00"
