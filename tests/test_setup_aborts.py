"""`kis-xl setup` that is called off: wherever that happens, what is not whole is not there, and that is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kis_xl.language import LANGUAGES, Language, Text
from kis_xl.simulator import Simulator
from tests.broker_kit import demo_account, inquiries, simulated, token_calls
from tests.terminal_kit import (
    APPKEY,
    APPSECRET,
    DONE,
    KIND,
    NAME,
    NOTHING_SAVED,
    NUMBER,
    SAVED,
    SCHEDULE,
    WORKBOOK,
    Conversation,
    Machine,
    assert_hidden,
    until,
)

MINE = demo_account(rows=60, seed=2)
DOUBT_KEYS, DOUBT_ENVIRONMENT, WRONG_ACCOUNT = "Swap them? [Y/n]", "Is it a mock account? [Y/n]", "What now?"
#: Every question up to the saving, with an answer that leads to the next.
BEFORE: dict[str, tuple[Text | str, str]] = {
    "kind": (KIND, "1"),
    "number": (NUMBER, "50999999-01"),  # nobody's, and like one of mock trading
    "app key": (APPKEY, MINE.appsecret),
    "app secret": (APPSECRET, MINE.appkey),
    "swap": (DOUBT_KEYS, "y"),
    "environment": (DOUBT_ENVIRONMENT, "n"),
    "what now": (WRONG_ACCOUNT, "1"),
    "number again": (NUMBER, MINE.number),
    "name": (NAME, ""),
}
AFTER: dict[str, tuple[Text | str, str]] = {"workbook": (WORKBOOK, "n"), "schedule": (SCHEDULE, "n")}
HIDDEN = (NUMBER, APPKEY, APPSECRET)


@pytest.fixture
def running() -> Iterator[Simulator]:
    with simulated(MINE) as simulator:
        yield simulator


@pytest.fixture
def machine(tmp_path: Path, running: Simulator) -> Machine:
    return Machine(tmp_path, running, language="en")


def up_to(talk: Conversation, last: str) -> None:
    """Answer all questions before this one, and read it."""
    for name, (question, answer) in (BEFORE | AFTER).items():
        if name == last:
            talk.sees(question)
            return
        if question in HIDDEN:
            talk.paste(question, answer)
        else:
            talk.answer(question, answer)


def stopped(talk: Conversation) -> None:
    """It said so, and ended as programs do that were interrupted."""
    talk.sees(NOTHING_SAVED)
    assert talk.end() == 130
    assert "Traceback" not in talk.shown
    assert_hidden(talk, MINE)


@pytest.mark.parametrize("key", ["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("question", BEFORE)
def test_at_each_question_before_the_saving(machine: Machine, question: str, key: str) -> None:
    talk = machine.start("setup")
    up_to(talk, question)
    if key == "Ctrl-C":
        talk.interrupt()
    else:
        talk.hang_up()
    stopped(talk)
    machine.holds_nothing(MINE)


@pytest.mark.parametrize("question", AFTER)
def test_after_the_saving_the_account_is_there_and_whole(machine: Machine, question: str) -> None:
    talk = machine.start("setup")
    up_to(talk, question)
    talk.interrupt()
    talk.sees("The account is saved.")
    assert talk.end() == 130
    assert machine.account("my account").appsecret.reveal() == MINE.appsecret
    assert len(machine.kept("tokens", "*.token")) == 1
    assert not machine.crontab.exists()
    assert not (machine.user / "Documents").exists()


@pytest.mark.parametrize("slow", ["1=slow:60", "token@1=slow:60", "2=slow:60", "3=slow:60"])
def test_during_the_verifying_calls(machine: Machine, running: Simulator, slow: str) -> None:
    # in turn: are the keys of this environment, the token, the first page, the second
    running.add_fault(slow)
    talk = machine.start("setup", "--env", "real")
    talk.paste(NUMBER, MINE.number)
    talk.keys(MINE)
    talk.sees("Checking.")
    calls, number = (token_calls, 1) if slow.startswith("token") else (inquiries, int(slow[0]))
    until(lambda: len(calls(running)) == number)
    talk.interrupt()
    stopped(talk)
    machine.holds_nothing(MINE)


def test_once_more_after_an_abort(machine: Machine) -> None:
    talk = machine.start("setup")
    up_to(talk, "name")
    talk.interrupt()
    stopped(talk)
    again = machine.start("setup", "--env", "real", "--no-workbook", "--no-schedule")
    again.paste(NUMBER, MINE.number)
    again.keys(MINE)
    again.answer(NAME, "")
    again.sees(DONE)
    assert again.end() == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_abort_beside_an_account_leaves_that_as_it_was(machine: Machine, language: Language) -> None:
    machine.language = language
    talk = machine.start("setup", "--env", "real", "--name", "first", "--no-workbook", "--no-schedule")
    talk.paste(NUMBER, MINE.number)
    talk.keys(MINE)
    talk.sees(SAVED)
    assert talk.end() == 0
    before = (machine.config, machine.kept("secrets"), machine.kept("tokens"), [path.read_bytes() for path in machine.kept("tokens")])
    # the same keys again, which are right; and then a secret that is wrong for them
    for secret in (MINE.appsecret, "x" * 180):
        again = machine.start("setup", "--env", "real")
        again.paste(NUMBER, MINE.number)
        again.paste(APPKEY, MINE.appkey)
        again.paste(APPSECRET, secret)
        again.sees({"ko": "바꿀까요?", "en": "Replace it?"}[language] if secret == MINE.appsecret else "EGW00105")
        again.interrupt()
        stopped(again)
        now = (machine.config, machine.kept("secrets"), machine.kept("tokens"), [path.read_bytes() for path in machine.kept("tokens")])
        assert now == before


def test_called_off_where_it_asks_what_to_do(machine: Machine) -> None:
    machine.run("setup", "--demo", "--no-workbook", "--no-schedule")
    before = machine.config
    talk = machine.start("setup")
    talk.sees("What now?")
    talk.interrupt()
    assert talk.end() == 130
    assert machine.config == before
