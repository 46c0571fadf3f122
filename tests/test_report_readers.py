"""The report in a second reader, LibreOffice: it opens without repair, shows the same values, and prints as it should."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kis_xl.fields import HOLDING_FIELDS
from kis_xl.language import Language
from kis_xl.report import write_consolidated, write_report
from kis_xl.report.past import DEMO_PAST
from tests.report_kit import ROWS, TITLES, balance, past, stock

pytestmark = pytest.mark.skipif(shutil.which("soffice", path="/usr/bin:/bin") is None, reason="no LibreOffice: install libreoffice-calc")


def convert(path: Path, to: str, ending: str) -> Path:
    """The file as LibreOffice writes it."""
    # a clean environment: a virtual environment's Python in PATH breaks LibreOffice's own
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(path.parent), "LC_ALL": "C.UTF-8"}
    command = ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{path.parent}/profile"]
    subprocess.run(
        [*command, "--convert-to", to, "--outdir", str(path.parent), str(path)],
        env=environment,
        check=True,
        capture_output=True,
        timeout=180,
    )
    return path.with_suffix(ending)


def pages(path: Path) -> list[str]:
    """The words of each printed page."""
    printed = convert(path, "pdf", ".pdf")
    if shutil.which("pdftotext", path="/usr/bin:/bin") is None:
        pytest.skip("no pdftotext: install poppler-utils")
    done = subprocess.run(["/usr/bin/pdftotext", "-layout", str(printed), "-"], check=True, capture_output=True)
    return done.stdout.decode().split("\f")[:-1]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_sheet_prints_and_no_number_is_too_wide(tmp_path: Path, language: Language) -> None:
    rows = [*ROWS, *(stock(f"{number:06}", f"긴 이름의 종목 {number}", number, 9_999_999, 10**12) for number in range(70))]
    printed = pages(write_report(balance(rows), tmp_path / "r.xlsx", language, past()))
    feet = [re.search(rf"({'|'.join(TITLES[language])})\s.*?\d+ / {len(printed)}", page) for page in printed]
    assert all(feet)
    shown = [foot[1] for foot in feet if foot]
    assert list(dict.fromkeys(shown)) == TITLES[language]
    assert (shown.count(TITLES[language][0]), shown.count(TITLES[language][2])) == (1, 1)  # the overview and the account: a page each
    assert not any("###" in page for page in printed)
    assert "6,951,000" in printed[0]
    assert all("005930" in page or "00006" in page for page in printed[1:3])  # code and name stand on every page


def test_a_report_over_several_accounts_prints(tmp_path: Path) -> None:
    accounts = [(balance(), past()), (balance(ROWS[:1], name="둘째"), DEMO_PAST)]
    printed = pages(write_consolidated(accounts, tmp_path / "r.xlsx", "ko"))
    assert "13,902,000" in printed[0]
    assert not any("###" in page for page in printed)


def test_the_values_are_there_without_any_calculation(tmp_path: Path) -> None:
    """A phone's previewer shows what stands in the file; here LibreOffice writes it out as text, sheet by sheet."""
    dangerous = stock("000001", '=HYPERLINK("http://x")', 1, 2, 3, trad_dvsn_name="_x0041_")
    path = write_report(balance([*ROWS, dangerous]), tmp_path / "r.xlsx", "en", past())
    convert(path, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", ".csv")
    sheets = {}
    for title in TITLES["en"]:
        with (tmp_path / f"r-{title}.csv").open(encoding="utf-8", newline="") as file:
            sheets[title] = list(csv.reader(file))
    holdings = sheets["Holdings"]
    assert holdings[0] == [field.en for field in HOLDING_FIELDS]
    assert holdings[1][:3] == ["000660", "SK하이닉스", "현금"]
    assert holdings[7][:3] == ["000001", '=HYPERLINK("http://x")', "_x0041_"]
    assert holdings[1][12:15] == ["2155000", "169000", "8.51%"]
    assert holdings[3][16] == "2026-01-02"
    assert holdings[9][:1] + holdings[9][12:13] == ["Sum of the rows (computed)", "6151002"]
    assert ["Total valuation", "6951000", "tot_evlu_amt"] in [row[:3] for row in sheets["Account"]]
    assert sheets["History"][13][:2] == ["2026-11-20", "6951000"]
    assert sheets["Provenance"][1] == ["as of (KST)", "2026-11-20 16:05:09"]
    assert not any(cell.startswith(("#", "Err:")) for sheet in sheets.values() for row in sheet for cell in row)
