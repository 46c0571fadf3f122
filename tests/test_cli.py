"""The commands as a user runs them: what they print, where, and how they end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kis_xl import __version__
from kis_xl.cli import main
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, Kind
from kis_xl.simulator import Simulator
from tests.broker_kit import demo_account, inquiries, simulated
from tests.conftest import REPOSITORY


@pytest.fixture
def running() -> Iterator[Simulator]:
    with simulated(demo_account(rows=60), demo_account(Environment.MOCK, rows=0)) as simulator:
        yield simulator


@pytest.fixture
def _account(running: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(monkeypatch, running, Environment.REAL)


def point_at(monkeypatch: pytest.MonkeyPatch, running: Simulator, environment: Environment) -> None:
    account = running.account(environment)
    monkeypatch.setenv("KIS_XL_ACCOUNT", account.number)
    monkeypatch.setenv("KIS_XL_APPKEY", account.appkey)
    monkeypatch.setenv("KIS_XL_APPSECRET", account.appsecret)
    monkeypatch.setenv("KIS_XL_ENV", environment.key)
    monkeypatch.setenv("KIS_XL_BASE_URL", running.url(environment))
    monkeypatch.setenv("KIS_XL_ATTEMPTS", "1")
    monkeypatch.setenv("KIS_XL_READ_TIMEOUT", "0.5")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed command in a process of its own, in the environment of the test."""
    return subprocess.run(
        [sys.executable, "-m", "kis_xl", *arguments], cwd=REPOSITORY, capture_output=True, encoding="utf-8", timeout=120, check=False
    )


def test_the_demo_leaves_a_whole_workbook(tmp_path: Path) -> None:
    done = run("demo", "--output", str(tmp_path), "--rows", "120")
    assert done.returncode == 0
    path = Path(done.stdout.rstrip("\n"))
    assert path.parent == tmp_path
    assert re.fullmatch(r"KIS_demo_\d{4}-\d{2}-\d{2}\.xlsx", path.name)
    book = load_workbook(path)
    assert book["Holdings"].tables["Holdings"].ref == "A1:Z121"
    assert [sheet.title for sheet in book] == ["Overview", "Holdings", "Account", "Changes", "History", "Fields", "Provenance"]
    provenance = {row[0].value: row[1].value for row in book["Provenance"].iter_rows(min_row=2)}
    assert provenance["pages"] == 3
    assert "not a server of KIS" in str(provenance["data source"])
    assert not any("DIFFERS" in str(value) for value in provenance.values())
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("rows", [0, 1, 50, 2000])
def test_the_demo_at_any_size(tmp_path: Path, rows: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--rows", str(rows), "--output", str(tmp_path / "d.xlsx"), "--lang", "ko"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'd.xlsx'}\n"
    assert load_workbook(tmp_path / "d.xlsx")["보유종목"].tables["Holdings"].ref == f"A1:Z{max(rows, 1) + 1}"


def test_the_demo_writes_into_the_data_folder_and_leaves_nothing_else_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--rows", "1"]) == 0
    path = Path(capsys.readouterr().out.rstrip("\n"))
    assert path.parent == tmp_path / "home" / "reports"
    assert [entry.name for entry in (tmp_path / "home").iterdir()] == ["reports"]


@pytest.mark.usefixtures("_account")
def test_balance_as_json_is_the_contracts(running: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["balance", "--json"]) == 0
    text = capsys.readouterr().out
    document = json.loads(text, parse_float=Decimal)
    assert list(document) == ["account", "environment", "as_of", "pages", "holdings", "summary", "checks", "host", "from_kis"]
    assert (document["account"], document["environment"], document["pages"]) == ("1234****-01", "real", 2)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+09:00", document["as_of"])
    for row, sent in zip(document["holdings"], running.account().holdings(), strict=True):
        assert list(row) == [field.key for field in HOLDING_FIELDS]
        for field in HOLDING_FIELDS:
            given, shown = sent[field.key], row[field.key]
            if field.kind is Kind.DATE:
                assert shown == (f"{given[:4]}-{given[4:6]}-{given[6:]}" if given else None)
            elif field.kind.python_type is str:
                assert shown == given
            else:
                assert (f"{shown:f}" if isinstance(shown, Decimal) else str(shown)) == given  # the API's own digits
    assert list(document["summary"]) == [field.key for field in SUMMARY_FIELDS]
    assert {tuple(check) for check in document["checks"]} == {("name", "expected", "actual", "ok")}
    assert all(check["ok"] for check in document["checks"])


def test_an_empty_mock_account_is_one(running: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    point_at(monkeypatch, running, Environment.MOCK)
    assert main(["balance", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["holdings"], document["summary"], document["environment"]) == ([], None, "mock")
    assert main(["balance"]) == 0
    assert "1234" not in capsys.readouterr().out


@pytest.mark.usefixtures("_account")
def test_balance_as_a_table_shows_every_row_uncut(running: Simulator) -> None:
    done = run("balance")
    assert done.returncode == 0
    for row in running.account().holdings():
        assert any(
            row["pdno"] in line and row["prdt_name"] in line and f"{int(row['evlu_amt']):,}" in line for line in done.stdout.splitlines()
        )
    assert f"{int(running.account().summary()['tot_evlu_amt']):,}" in done.stdout
    assert "\x1b" not in done.stdout
    assert "warning: no price" in done.stderr


@pytest.mark.usefixtures("_account")
def test_balance_by_stock_joins_rows(running: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["balance", "--json", "--by", "stock"]) == 0
    codes = [row["pdno"] for row in json.loads(capsys.readouterr().out)["holdings"]]
    assert codes == list(dict.fromkeys(row["pdno"] for row in running.account().holdings()))


@pytest.mark.usefixtures("_account")
@pytest.mark.parametrize("every", [[], ["--all"], ["--account", "env"]])
def test_export_writes_and_prints_one_path(tmp_path: Path, capsys: pytest.CaptureFixture[str], every: list[str]) -> None:
    assert main(["export", "--output", f"{tmp_path}/new folder{os.sep}", "--lang", "ko", *every]) == 0
    (path,) = capsys.readouterr().out.splitlines()
    assert Path(path).parent == tmp_path / "new folder"
    assert load_workbook(path).sheetnames == ["요약", "보유종목", "계좌", "변동", "추이", "항목", "조회정보"]


@pytest.mark.usefixtures("_account")
def test_parameters_reach_the_service(running: Simulator) -> None:
    assert main(["balance", "--json", "--param", "afhr_flpr_yn=X", "--param", "PRCS_DVSN=01"]) == 0
    assert {(call.params["AFHR_FLPR_YN"], call.params["PRCS_DVSN"]) for call in inquiries(running)} == {("X", "01")}


FAILURES = [
    ("EGW00103", 3, "AUTH"),
    ("EGW02007", 2, "CONFIG"),
    ("OPSQ2000", 2, "ACCOUNT"),
    ("OPSQ2001", 2, "ARGUMENT"),
    ("EGW00201", 4, "RATE"),
    ("http:503", 5, "NETWORK"),
    ("hang", 5, "NETWORK"),
    ("bad_field:prpr=x", 6, "DATA"),
]


@pytest.mark.usefixtures("_account")
@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(("fault", "code", "name"), FAILURES)
def test_failures_are_one_line_and_a_hint(
    running: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: str, code: int, name: str, language: str
) -> None:
    monkeypatch.setenv("KIS_XL_LANG", language)
    running.add_fault(f"2x9={fault}")
    assert main(["balance", "--json"]) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    error, hint = shown.err.splitlines()
    assert error.startswith(f"error: {name}: ")
    assert hint.startswith("hint: ")
    assert bool(re.search("[가-힣]", hint)) == (language == "ko")


@pytest.mark.usefixtures("_account")
def test_a_failed_export_writes_nothing_and_ends_with_its_code(
    running: Simulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running.add_fault("2x9=html")
    for every in ([], ["--all"]):
        assert main(["export", "--output", str(tmp_path / "r.xlsx"), *every]) == 5
        assert "error: NETWORK" in capsys.readouterr().err
    assert not (tmp_path / "r.xlsx").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nonsense"], "nonsense"),
        (["demo", "--rows", "many"], "many"),
        (["demo", "--rows", "100001"], "100001"),
        (["demo", "--param", "INQR_DVSN"], "INQR_DVSN"),
        (["demo", "--param", "INQR_DVSN=03"], "INQR_DVSN"),
        (["balance"], "no account is set up"),
        (["export", "--all", "--account", "x"], "exclude each other"),
        (["export", "--all"], "error: CONFIG: no account is set up"),
        (["demo", "--output", "r.csv"], "r.csv"),
        (["demo", "--output", ""], "empty"),
        (["simulator", "--latency", "nan"], "nan"),
        (["simulator", "--fault", "x"], "x"),
    ],
)
def test_wrong_usage_is_exit_two_with_a_hint(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("error: ")
    assert said in lines[0]


def test_output_that_cannot_be_written_is_exit_seven(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    assert main(["demo", "--rows", "1", "--output", str(tmp_path / "file" / "r.xlsx")]) == 7
    assert main(["demo", "--rows", "1", "--output", f"{tmp_path / 'file'}/"]) == 7
    assert main(["demo", "--rows", "1", "--output", str(tmp_path / ("a" * 300 + ".xlsx"))]) == 7
    assert capsys.readouterr().err.count("error: OUTPUT: ") == 3


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("x.xlsx", "x.xlsx"),
        ("sub", "sub/*"),
        ("sub/", "sub/*"),
        ("a.b/", "a.b/*"),
        ("a.b/X.XLSX", "a.b/X.XLSX"),
        ("dotted.folder", "dotted.folder/*"),
    ],
)
def test_output_is_a_file_or_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str], output: str, expected: str) -> None:
    (tmp_path / "dotted.folder").mkdir()
    assert main(["demo", "--rows", "1", "--output", f"{tmp_path}/{output}"]) == 0
    path = Path(capsys.readouterr().out.rstrip("\n"))
    assert path.exists()
    assert path.relative_to(tmp_path).match(expected)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here to stand for a full disk")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["balance"], ["balance", "--json"]])
def test_standard_output_that_is_full_is_exit_seven(running: Simulator, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    point_at(monkeypatch, running, Environment.REAL)
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "kis_xl", *arguments]
        done = subprocess.run(command, cwd=REPOSITORY, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert done.returncode == 7
    assert [line for line in done.stderr.splitlines() if line.startswith("error: ")] == done.stderr.splitlines()[-1:]


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of Windows cannot close a stream")
@pytest.mark.parametrize("arguments", ["--help", "balance", "balance --json"])
def test_standard_output_that_is_closed_is_no_bug(running: Simulator, monkeypatch: pytest.MonkeyPatch, arguments: str) -> None:
    point_at(monkeypatch, running, Environment.REAL)
    done = subprocess.run(f'"{sys.executable}" -m kis_xl {arguments} >&-', shell=True, cwd=REPOSITORY, capture_output=True, check=False)  # noqa: S602
    assert b"INTERNAL" not in done.stderr


def test_without_a_command_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "simulator" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["balance", "1122334401"], ["balance", "--account", "1122334401"], ["demo", "--param", "1122334401"], ["1122334401"]]
)
def test_an_account_number_in_the_wrong_place_is_not_repeated(
    running: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    point_at(monkeypatch, running, Environment.REAL)
    assert main(arguments) == 2
    assert "11223344" not in capsys.readouterr().err


@pytest.mark.parametrize("variable", ["KIS_XL_ACCOUNT", "KIS_XL_RATE", "KIS_XL_ENV", "KIS_XL_PARAMETERS", "KIS_XL_BASE_URL", "KIS_XL_LANG"])
def test_a_secret_in_the_wrong_variable_is_not_repeated(
    running: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    point_at(monkeypatch, running, Environment.REAL)
    secret = running.account().appsecret
    monkeypatch.setenv(variable, secret)
    assert main(["balance"]) == 2
    said = capsys.readouterr().err
    assert not any(secret[start : start + 12] in said for start in range(len(secret) - 12))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows guesses where such a user's home would be")
def test_the_name_of_a_user_who_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--output", "~nobody-of-this-name/x.xlsx"]) == 2
    monkeypatch.setenv("KIS_XL_HOME", "~nobody-of-this-name/x")
    assert main(["demo"]) == 2
    assert capsys.readouterr().err.count("error: ") == 2


def test_a_bug_is_one_line_unless_debugged(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("planted: appsecret=topsecretvalue")

    monkeypatch.setattr("kis_xl.settings.Settings.load", broken)
    assert main(["balance"]) == 1
    plain = capsys.readouterr().err
    assert plain.startswith("error: INTERNAL: RuntimeError: planted")
    assert "Traceback" not in plain
    for arguments in (["balance", "--debug"], ["--debug", "balance"]):
        assert main(arguments) == 1
        debugged = capsys.readouterr().err
        assert "Traceback" in debugged
        assert "topsecretvalue" not in plain + debugged


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("command", ["", "demo", "balance", "export", "simulator"])
def test_help_is_in_the_users_language(command: str, language: str) -> None:
    environment = {**os.environ, "KIS_XL_LANG": language}
    arguments = [sys.executable, "-m", "kis_xl", *command.split(), "--help"]
    done = subprocess.run(arguments, cwd=REPOSITORY, capture_output=True, encoding="utf-8", env=environment, check=True)
    assert bool(re.search("[가-힣]", done.stdout)) == (language == "ko")
    assert "--debug" in done.stdout


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"kis-xl {__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["balance"], ["balance", "--json"], ["demo", "--rows", "1"]])
def test_a_reader_who_has_gone_is_no_error(running: Simulator, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    point_at(monkeypatch, running, Environment.REAL)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "kis_xl", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, stdout=writing, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    os.close(writing)
    assert (done.returncode, "error:" in done.stderr, "Traceback" in done.stderr) == (0, False, False)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_a_command_that_is_ended_cleans_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    command = [sys.executable, "-m", "kis_xl", "demo", "--rows", "50000", "--output", str(tmp_path / "r.xlsx")]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:
        while not list((tmp_path / "temporary").glob("kis_xl_demo_*")):  # the report itself needs no temporary file
            assert process.poll() is None
            time.sleep(0.05)
        process.terminate()
        assert process.wait(timeout=20) == 128 + 15
    assert list((tmp_path / "temporary").iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]


def test_the_demo_takes_the_parameters_that_are_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KIS_XL_PARAMETERS", "PRCS_DVSN=01")
    assert main(["demo", "--rows", "1", "--output", str(tmp_path / "r.xlsx")]) == 0
    rows = {row[0].value: row[1].value for row in load_workbook(tmp_path / "r.xlsx")["Provenance"].iter_rows()}
    assert rows["PRCS_DVSN"] == "01 (not included)"


def test_the_simulator_serves_another_process() -> None:
    command = [sys.executable, "-m", "kis_xl", "simulator", "--rows", "70", "--no-limits"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, encoding="utf-8") as serving:
        assert serving.stdout is not None
        variables = dict(serving.stdout.readline().strip().split("=", 1) for _ in range(5))
        assert set(variables) == {"KIS_XL_ACCOUNT", "KIS_XL_APPKEY", "KIS_XL_APPSECRET", "KIS_XL_ENV", "KIS_XL_BASE_URL"}
        environment = {**os.environ, **variables}
        done = subprocess.run(
            [sys.executable, "-m", "kis_xl", "balance", "--json"],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        serving.terminate()
    assert len(json.loads(done.stdout)["holdings"]) == 70


def test_a_star_is_all_accounts(monkeypatch: pytest.MonkeyPatch, home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("하나", "둘"):
        ConfigEditor(DataFolder(home)).add(NewAccount(name, {"practice": True}, {}, {}))
    assert main(["balance", "--account", "*", "--json"]) == 0
    both = json.loads(capfd.readouterr().out)
    assert [(each["name"], each["environment"], len(each["holdings"])) for each in both] == [("하나", "mock", 18), ("둘", "mock", 18)]
    assert main(["balance", "--account", "*"]) == 0
    assert [line.split()[0] for line in capfd.readouterr().out.splitlines() if "5012****-01" in line] == ["하나", "둘"]
    assert main(["balance", "--account", "둘", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["pages"] == 1
