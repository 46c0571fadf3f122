"""`kis-xl accounts add`: the account's name, in either of two places."""

from __future__ import annotations

import pytest

from kis_xl.cli import main
from kis_xl.settings import Settings

_UNASKED = ("--env", "real", "--no-verify", "--secrets", "file")


@pytest.fixture(autouse=True)
def _given(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a script gives it."""
    for name, value in {"ACCOUNT": "87651234-22", "APPKEY": "k" * 36, "APPSECRET": "s" * 180}.items():
        monkeypatch.setenv(f"KIS_XL_{name}", value)


@pytest.mark.parametrize("name", [["mine"], ["--name", "mine"], ["mine", "--name", "mine"]], ids=["argument", "option", "both"])
def test_the_name_is_given_as_in_setup_too(name: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts", "add", *name, *_UNASKED]) == 0
    assert capsys.readouterr().out == "mine\n"
    assert "mine" in Settings.load().file.accounts


def test_two_names_are_one_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts", "add", "mine", "--name", "yours", *_UNASKED]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == (
        "",
        "error: ARGUMENT: the account is given two names\nhint: Give NAME or --name, not both.\n",
    )
    assert not Settings.load().file.accounts
