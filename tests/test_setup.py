"""`kis-xl setup` at a terminal: from the first question to the first report, and once more on what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kis_xl.fields import Environment
from kis_xl.language import LANGUAGES, Language
from kis_xl.simulator import Simulator
from tests.broker_kit import demo_account, inquiries, simulated, token_calls
from tests.terminal_kit import (
    APPKEY,
    APPSECRET,
    DONE,
    KIND,
    NAME,
    NUMBER,
    SAVED,
    SCHEDULE,
    WORKBOOK,
    Machine,
    assert_hidden,
)

# numbers that stand in no example
MINE, OTHER, MOCK = demo_account(rows=60, seed=2), demo_account(rows=3, seed=3), demo_account(Environment.MOCK, rows=21, seed=2)


ONLY_ACCOUNT = ("--no-workbook", "--no-schedule")


@pytest.fixture
def running() -> Iterator[Simulator]:
    with simulated(MINE, OTHER, MOCK) as simulator:
        yield simulator


@pytest.fixture
def machine(tmp_path: Path, running: Simulator) -> Machine:
    return Machine(tmp_path, running)


def table(path: Path, name: str) -> list[tuple[object, ...]]:
    """The rows of a report's table, with its captions."""
    sheet = next(sheet for sheet in load_workbook(path) if name in sheet.tables)
    return [tuple(cell.value for cell in row) for row in sheet[sheet.tables[name].ref]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_the_first_question_to_the_first_report(machine: Machine, language: Language) -> None:
    machine.language = language
    talk = machine.start("setup")
    talk.sees("https://apiportal.koreainvestment.com")
    talk.account(MINE)
    talk.sees("005930")  # the first holdings
    talk.answer(NAME, "")
    talk.answer(WORKBOOK, "")
    talk.sees("KISBalance.xlsm")
    talk.answer(SCHEDULE, "y")
    talk.sees(DONE)
    assert talk.end() == 0
    assert_hidden(talk, MINE)
    assert (machine.user / "Documents" / "KIS" / "KISBalance.xlsm").is_file()
    assert "schedule run" in machine.crontab.read_text() or (machine.user / "Library").exists()
    name = {"ko": "내 계좌", "en": "my account"}[language]
    assert "1234****-01" in talk.shown
    assert f'default = "{name}"' in machine.config
    report = machine.run("export")
    path = Path("".join(report.shown.split("\n")[-2:]).strip())
    assert path.name.startswith(f"KIS_{name}_")
    assert len(table(path, "Holdings")) == 61
    assert_hidden(report, MINE)
    assert len(token_calls(machine.running)) == 1  # the report uses what set-up got


def test_mock_trading(machine: Machine) -> None:
    talk = machine.start("setup", *ONLY_ACCOUNT)
    talk.account(MOCK, kind="2")
    talk.answer(NAME, "모의")
    talk.sees(DONE)
    assert talk.end() == 0
    assert 'environment = "mock"' in machine.config
    assert {call.environment for call in machine.running.calls} == {Environment.MOCK}


def test_a_number_that_begins_as_mock_ones_do_is_asked_about(machine: Machine) -> None:
    talk = machine.start("setup", *ONLY_ACCOUNT)
    talk.account(MOCK, kind="1")
    talk.answer("모의투자 계좌입니까? [Y/n]", "")
    talk.answer(NAME, "")
    assert talk.end() == 0
    assert 'environment = "mock"' in machine.config
    assert machine.running.tokens_issued == 1
    assert {call.environment for call in machine.running.calls} == {Environment.MOCK}


def test_an_empty_account_is_one(tmp_path: Path) -> None:
    with simulated(empty := demo_account(Environment.MOCK, rows=0, seed=2)) as running:
        machine = Machine(tmp_path, running)
        talk = machine.start("setup", "--env", "mock", "--name", "빈 계좌", *ONLY_ACCOUNT)
        talk.paste(NUMBER, empty.number)
        talk.keys(empty)
        talk.sees("보유종목이 없습니다.")
        assert talk.end() == 0
    assert '"빈 계좌"' in machine.config


@pytest.mark.parametrize("columns", [40, 80])
def test_lines_are_broken_between_words(machine: Machine, columns: int) -> None:
    talk = machine.start("setup", columns=columns)
    talk.sees(KIND)
    said = talk.shown.split("\n")
    assert all(sum(2 if ord(letter) > 0x1100 else 1 for letter in line) <= columns for line in said if "https" not in line)
    assert "KIS Developers 에서 준비할 것: 계좌번호, 앱키(App Key), 앱시크릿(App Secret)" in " ".join(" ".join(said).split())
    talk.interrupt()
    assert talk.end() == 130


def set_up(machine: Machine, whose: str = "내 계좌") -> None:
    talk = machine.start("setup", "--env", "real", *ONLY_ACCOUNT)
    talk.paste(NUMBER, MINE.number)
    talk.keys(MINE)
    talk.answer(NAME, whose)
    assert talk.end() == 0, talk.shown


def test_again_with_the_same_account_keeps_what_its_owner_wrote(machine: Machine) -> None:
    set_up(machine)
    (entry,) = machine.kept("secrets")
    config = machine.home / "config.toml"
    config.write_text(
        '# my own remark\nlanguage = "ko"\n' + machine.config.replace("environment", "calls_per_second = 3  # a new key\nenvironment"),
        encoding="utf-8",
    )
    talk = machine.start("setup", *ONLY_ACCOUNT)
    talk.answer("무엇을 할까요?", "1")
    talk.account(MINE)
    talk.answer("바꿀까요? [Y/n]", "")
    talk.sees(SAVED)
    assert talk.end() == 0
    (anew,) = machine.kept("secrets")
    assert anew != entry
    assert machine.config.startswith("# my own remark\nlanguage")
    assert "calls_per_second = 3  # a new key" in machine.config
    assert machine.config.count("[accounts") == 1
    machine.run("balance")


def test_the_same_account_under_another_name_as_well(machine: Machine) -> None:
    set_up(machine)
    talk = machine.start("accounts", "add", "--env", "real")
    talk.paste(NUMBER, MINE.number)
    talk.keys(MINE)
    talk.answer("바꿀까요? [Y/n]", "n")
    talk.answer(NAME, "내 계좌")
    talk.answer("이미 있는 이름입니다", "둘째")
    assert talk.end() == 0
    assert len(machine.kept("secrets")) == 2


def test_a_second_account(machine: Machine) -> None:
    set_up(machine)
    talk = machine.start("setup", *ONLY_ACCOUNT)
    talk.answer("무엇을 할까요?", "")
    talk.account(OTHER)
    talk.sees(NAME)
    talk.sees("내 계좌 2")  # suggested
    talk.answer("]:", "연금")
    assert talk.end() == 0
    listed = machine.run("accounts", "list").shown
    assert re.search(r"\* │ 내 계좌 │ 1234\*{4}-01", listed)
    assert re.search(r"  │ 연금    │ 1234\*{4}-01", listed)
    assert_hidden(talk, MINE, OTHER)
    paths = machine.run("export", "--all").shown
    assert "KIS_내 계좌_" in paths
    assert "KIS_연금_" in paths


def test_again_for_the_rest_only(machine: Machine) -> None:
    set_up(machine)
    calls = len(machine.running.calls)
    talk = machine.start("setup")
    talk.answer("무엇을 할까요?", "2")
    talk.answer(WORKBOOK, "n")
    talk.answer(SCHEDULE, "")
    talk.sees(DONE)
    assert talk.end() == 0
    assert len(machine.running.calls) == calls
    assert not machine.crontab.exists()


def test_the_account_of_the_variables_is_offered(machine: Machine) -> None:
    variables = {"KIS_XL_ACCOUNT": OTHER.number, "KIS_XL_APPKEY": OTHER.appkey, "KIS_XL_APPSECRET": OTHER.appsecret}
    talk = machine.start("setup", *ONLY_ACCOUNT, variables=variables)
    talk.answer("저장할까요? [Y/n]", "")
    talk.answer(NAME, "저장한 것")
    talk.sees("env")  # is the default while they are set
    assert talk.end() == 0
    declined = machine.start("setup", "--name", "다른 것", *ONLY_ACCOUNT, variables=variables)
    declined.answer("저장할까요? [Y/n]", "n")
    declined.account(MINE)
    assert declined.end() == 0, declined.shown
    assert machine.config.count("[accounts") == 2
    machine.run("balance", "--account", "다른 것")


def test_practice_twice_and_then_an_account(machine: Machine) -> None:
    for _ in range(2):
        talk = machine.start("setup", "--demo")
        talk.sees("지어낸 것이며 KIS의 자료가 아닙니다")
        talk.sees("005930")
        talk.answer(WORKBOOK, "n")
        talk.answer(SCHEDULE, "n")
        assert talk.end() == 0
    assert machine.config.count("practice = true") == 1
    assert not machine.kept("secrets")
    assert not machine.kept("tokens", "*.token")
    assert "시뮬레이터가 지어낸 잔고입니다" in machine.run("balance").shown
    report = machine.run("export").shown
    assert "시뮬레이터가 지어낸 잔고입니다" in report
    (path,) = (machine.home / "reports").glob("*.xlsx")
    assert any("시뮬레이터" in str(cell) for row in table(path, "Provenance") for cell in row)
    assert not machine.running.calls
    # what is made up is not what is shown once there is something real
    set_up(machine)
    assert 'default = "내 계좌"' in machine.config
    assert "연습" not in machine.run("balance").shown
    assert inquiries(machine.running)


def test_practice_under_a_name(machine: Machine) -> None:
    set_up(machine)
    taken = machine.start("setup", "--demo", "--name", "내 계좌")
    assert taken.end() == 2
    assert "이미 있는 계좌 이름입니다" in taken.shown
    machine.run("setup", "--demo", "--name", "해 보기", *ONLY_ACCOUNT)
    assert 'default = "내 계좌"' in machine.config


def test_two_at_once_under_one_name(machine: Machine) -> None:
    first, second = (machine.start("setup", "--env", "real", *ONLY_ACCOUNT) for _ in range(2))
    for talk, whose in ((first, MINE), (second, OTHER)):
        talk.paste(NUMBER, whose.number)
    first.paste(APPKEY, MINE.appkey)
    second.paste(APPKEY, OTHER.appkey)
    second.paste(APPSECRET, OTHER.appsecret)
    first.paste(APPSECRET, MINE.appsecret)
    first.sees(NAME)
    second.answer(NAME, "내 계좌")
    second.sees(SAVED)
    first.answer("]:", "내 계좌")
    first.sees("이미 있는 계좌 이름입니다")
    first.answer(NAME, "")  # another one is suggested by now
    first.sees(SAVED)
    assert (first.end(), second.end()) == (0, 0)
    assert len(machine.kept("secrets")) == 2
    for name, whose in (("내 계좌", OTHER), ("내 계좌 2", MINE)):
        shown = machine.run("balance", "--account", name).shown
        assert f"{int(whose.summary()['tot_evlu_amt']):,}" in shown
    assert_hidden(first, MINE, OTHER)
    assert_hidden(second, MINE, OTHER)


def test_removing_asks_first(machine: Machine) -> None:
    set_up(machine)
    before = machine.config
    for answer, code in (("", 0), ("n", 0), ("아니요", 0), (None, 130)):
        talk = machine.start("accounts", "remove", "내 계좌")
        if answer is None:
            talk.sees("지울까요? [y/N]")
            talk.interrupt()
        else:
            talk.answer("지울까요? [y/N]", answer)
        assert talk.end() == code
        assert machine.config == before
    talk = machine.start("accounts", "remove", "내 계좌")
    talk.answer("지울까요? [y/N]", "maybe")
    talk.answer("y 또는 n 으로 답하세요.", "ㅛ")  # y on a Korean keyboard
    talk.sees("지웠습니다: 내 계좌")
    assert talk.end() == 0
    assert not machine.kept("secrets")
    assert not machine.kept("tokens", "*.token")


def test_a_configuration_that_cannot_be_read_is_told_before_anything_is_asked(machine: Machine) -> None:
    machine.home.mkdir()
    (machine.home / "config.toml").write_text("[accounts\n")
    talk = machine.start("setup")
    assert talk.end() == 2
    assert "config.toml 1행" in talk.shown
    assert machine.config == "[accounts\n"
