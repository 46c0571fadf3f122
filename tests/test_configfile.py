"""The configuration file: read whole and strictly, and what is wrong in it is told with its line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from kis_xl.configfile import ConfigFile, check_name, parse, read
from kis_xl.configtext import line_of
from kis_xl.errors import AccountError, ConfigError, KisError
from kis_xl.fields import Environment
from kis_xl.settings import Settings

WHOLE = """\
# written by hand
default = "연금"
language = "en"
read_timeout = 7.5

[parameters]
AFHR_FLPR_YN = "X"

[accounts."내 계좌"]
id = "0123456789abcdef"
secrets = "file"
number = "1234****-01"

[accounts."연금"]   # hand-written, the number in full
number = "52345678-22"
environment = "mock"
calls_per_second = 3
customer_type = "B"
ip_addr = "203.0.113.9"
parameters.PRCS_DVSN = "01"

[accounts."trial run"]
practice = true
"""


def parsed(text: str) -> ConfigFile:
    return parse(text.encode(), Path("config.toml"))


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(WHOLE, encoding="utf-8")
    file = read(tmp_path / "config.toml")
    assert list(file.accounts) == ["내 계좌", "연금", "trial run"]
    assert (file.default, file.values.text("language"), file.parameters) == ("연금", "en", {"AFHR_FLPR_YN": "X"})
    pension = file.accounts["연금"]
    assert (pension.masked, pension.environment, pension.parameters) == ("5234****-22", Environment.MOCK, {"PRCS_DVSN": "01"})
    assert file.accounts["trial run"].practice
    assert file.accounts["내 계좌"].masked == "1234****-01"


def test_no_file_is_an_empty_one(tmp_path: Path) -> None:
    file = read(tmp_path / "none" / "config.toml")
    assert (file.accounts, file.default, file.parameters) == ({}, "", {})


def test_the_first_account_is_the_default_where_none_is_named() -> None:
    assert parsed(WHOLE.replace('default = "연금"', "")).default == "내 계좌"


def test_a_byte_order_mark_of_an_editor_is_no_fault() -> None:
    assert parse(b"\xef\xbb\xbf" + WHOLE.encode(), Path("config.toml")).default == "연금"


FAULTS = {
    "syntax": ('language = "en"', "language = en", 3, "TOML"),
    "unknown key": ('language = "en"', 'langage = "en"', 3, "language"),
    "unknown key of an account": ('environment = "mock"', 'enviroment = "mock"', 16, "environment"),
    "value": ('environment = "mock"', 'environment = "paper"', 16, "real, mock"),
    "type": ('environment = "mock"', "environment = [1]", 16, "text or a number"),
    "number": ('number = "52345678-22"', 'number = "5234"', 15, "8 digits"),
    "masked number without id": ('id = "0123456789abcdef"\n', "", 9, "id"),
    "entry name": ('id = "0123456789abcdef"', 'id = "../../etc/passwd"', 10, "kis-xl setup"),
    "default": ('default = "연금"', 'default = "other"', 2, "연금"),
    "parameter": ('AFHR_FLPR_YN = "X"', 'AFHR_FLPR_YN = "Q"', 7, "Allowed"),
    "unknown parameter": ('AFHR_FLPR_YN = "X"', 'AFHR = "X"', 7, "AFHR_FLPR_YN"),
    "parameter of an account": ('parameters.PRCS_DVSN = "01"', 'parameters.PRCS_DVSN = "09"', 20, "PRCS_DVSN"),
    "rate": ("calls_per_second = 3", "calls_per_second = 0", 17, "1000"),
    "header": ('ip_addr = "203.0.113.9"', 'ip_addr = "내 주소"', 19, "ip_addr"),
    "host": ("practice = true", 'number = "12345678"\nbase_url = "http://example.com"', 24, "official server"),
    "accounts is no table": ('[accounts."연금"]', '[other."연금"]', 14, "accounts"),
    "account is no table": ('[accounts."trial run"]\npractice = true', '[accounts]\n"trial run" = 3', 23, "table"),
    "same name": ('[accounts."trial run"]\npractice = true', '[accounts."내 계좌 "]\npractice = true', 22, "config.toml"),
    "reserved name": ('[accounts."trial run"]', '[accounts."*"]', 22, "letters"),
    "timeout": ("read_timeout = 7.5", "read_timeout = 0", 4, "600"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_line_and_key_in_both_languages(name: str, tmp_path: Path) -> None:
    right, wrong, line, hint = FAULTS[name]
    assert right in WHOLE
    (tmp_path / "config.toml").write_text(WHOLE.replace(right, wrong), encoding="utf-8")
    with pytest.raises(KisError) as caught:
        Settings.load({"KIS_XL_HOME": str(tmp_path)})
    said = f"{caught.value.message('en')} {caught.value.hint.en}"
    assert f"line {line}" in said, said
    assert hint in said
    assert f"{line}행" in caught.value.message("ko")
    assert caught.value.hint.ko
    assert caught.value.exit_code == 2
    assert "52345678" not in said


def test_a_korean_name_without_quotes_is_told_how_to_be_written() -> None:
    with pytest.raises(ConfigError, match="line 1") as caught:
        parsed("[accounts.연금]\npractice = true")
    assert '[accounts."연금"]' in caught.value.hint.ko


def test_what_is_no_utf8_is_told_with_its_line() -> None:
    with pytest.raises(ConfigError, match="line 2"):
        parse('language = "en"\n# 한글'.encode("cp949"), Path("config.toml"))


@pytest.mark.parametrize(
    "name", ["env", "ENV", "*", "all", "전체", "", " ", "a/b", "a\\b", "CON:", "x" * 41, "12345678-01", "내 1234 5678", "a\nb", "a."]
)
def test_names_that_would_mislead_or_break_a_file_name_are_refused(name: str) -> None:
    with pytest.raises(AccountError) as caught:
        check_name(name)
    assert caught.value.hint.ko
    assert "5678" not in caught.value.message("ko") + caught.value.message("en")


def test_a_name_is_kept_in_one_spelling() -> None:
    decomposed = "\u1102\u1162 \u1100\u1168\u110c\u116a"  # as a Mac writes 내 계좌
    assert check_name(f" {decomposed} ") == "내 계좌"


@pytest.mark.parametrize(
    ("at", "line"),
    [
        (("default",), 2),
        (("accounts", "내 계좌", "secrets"), 11),
        (("accounts", "연금", "parameters", "PRCS_DVSN"), 20),
        (("accounts", "연금", "missing"), 14),
        (("accounts", "trial run"), 22),
        (("nothing", "at", "all"), 1),
    ],
)
def test_the_line_of_a_key_is_found_else_that_of_its_table(at: tuple[str, ...], line: int) -> None:
    assert line_of(WHOLE, at) == line


def test_a_key_in_a_table_of_one_line_has_that_line() -> None:
    assert line_of('a = 1\naccounts.x = {number = "1", environment = "q"}\n', ("accounts", "x", "environment")) == 2


# what a hostile file holds


@pytest.mark.parametrize(
    "text",
    ["attempts = " + "9" * 5000, "attempts = 0x" + "f" * 5000, "attempts = " + "[" * 3000, "attempts = " + "9" * 200],
    ids=["digits", "hexadecimal", "brackets", "many digits"],
)
def test_a_value_without_end_is_told_with_its_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f"# one\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Settings.load({"KIS_XL_HOME": str(tmp_path)})
    assert len(caught.value.message("en")) < 300


@pytest.mark.parametrize("key", ["7391582601", '"7391-5826-01"', '"PSplantedAppKeyThatNobodyMaySee00001"'])
@pytest.mark.parametrize("table", ["", "[accounts.x]\npractice = true\n", "[parameters]\n"])
def test_a_secret_in_the_place_of_a_key_is_not_repeated(key: str, table: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f"{table}{key} = 'x'\n", encoding="utf-8")
    with pytest.raises(KisError) as caught:
        Settings.load({"KIS_XL_HOME": str(tmp_path)})
    said = repr(caught.value) + caught.value.message("ko") + caught.value.message("en") + str(caught.value.hint)
    assert "5826" not in said
    assert "planted" not in said
    (tmp_path / "config.toml").unlink()  # nothing that the tests leave holds a planted secret


def test_a_number_as_the_name_of_a_table_is_not_repeated() -> None:
    with pytest.raises(KisError, match="line 1") as caught:
        parsed("[accounts.7391582601]\npractice = true")
    assert "5826" not in caught.value.message("en") + caught.value.message("ko")


def test_two_accounts_with_one_entry_are_told() -> None:
    with pytest.raises(ConfigError, match=r"line 26, accounts\.mother\.id: another account has the same id"):
        parsed(WHOLE + '[accounts.mother]\nnumber = "5555****-22"\nid = "0123456789abcdef"\n')


@pytest.mark.parametrize("odd", ["\u2028", "\x85", "\t"])
def test_lines_are_counted_as_editors_do(odd: str) -> None:
    with pytest.raises(ConfigError, match="line 3"):
        parsed(f"# a {odd} b\n# c\nattemps = 1\n")
