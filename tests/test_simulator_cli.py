"""`kis-xl simulator` as a process of its own, and what it answers about itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click.testing
import pytest
import requests

from kis_xl.cli.simulator import simulator
from kis_xl.fields import Environment
from kis_xl.simulator import Limits, Simulator, demo_account
from tests.conftest import INTERRUPTIBLE
from tests.test_simulator import ENVIRONMENTS, TIMEOUT, Raw, rows_of, serving


@contextmanager
def _process(*options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The running command and the variables that it printed."""
    command = [sys.executable, "-W", "error", "-c", INTERRUPTIBLE, "simulator", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline().rstrip("\n") for _ in range(5)]
            yield process, dict(line.split("=", 1) for line in lines)
        finally:
            process.kill()


@ENVIRONMENTS
def test_it_prints_what_points_at_it_and_serves_until_interrupted(environment: Environment) -> None:
    options = ["--rows", "60", "--seed", "5", "--environment", environment.key, "--no-limits", "--fault", "2=EGW00215"]
    with _process(*options) as (process, variables):
        account = demo_account(environment, 60, 5)
        assert variables == {
            "KIS_XL_ACCOUNT": account.number,
            "KIS_XL_APPKEY": account.appkey,
            "KIS_XL_APPSECRET": account.appsecret,
            "KIS_XL_ENV": environment.key,
            "KIS_XL_BASE_URL": variables["KIS_XL_BASE_URL"],
        }
        with requests.Session() as session, Simulator() as other:
            raw = Raw(other, account, variables["KIS_XL_BASE_URL"], session)
            first = raw.get()
            assert raw.following(first).json()["msg_cd"] == "EGW00215"
            assert rows_of(raw.pages()) == account.holdings()
        if os.name != "nt":  # where Ctrl-C cannot be sent to one process alone
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=TIMEOUT)
            assert (process.returncode, errors) == (0, "")


def test_counts_and_faults_over_http() -> None:
    with serving() as raw:
        raw.pages()
        stats = raw.session.get(raw.host + "/_simulator/stats", timeout=TIMEOUT).json()
        assert stats["paths"] == {"token": 1, "balance": 3}
        assert (stats["connections"], stats["tokens_issued"], stats["refused"]) == (1, 1, 0)
        assert stats["codes"] == {"KIOK0510": 3}
        assert [call["status"] for call in stats["calls"]] == [200] * 4
        assert stats["calls"][-1]["params"]["CANO"] == raw.account.cano
        control = Raw(raw.simulator, raw.account, raw.simulator.mock_url, raw.session)  # either port will do
        faults = raw.session.post(control.host + "/_simulator/faults", json={"faults": ["1=EGW00215", "2=drop_row"]}, timeout=TIMEOUT)
        assert faults.json() == {"added": ["balance@1x1=EGW00215", "balance@2x1=drop_row"]}
        assert raw.get().json()["msg_cd"] == "EGW00215"
        for body in ('{"faults": ["nonsense"]}', '{"faults": 1}', '{"faults": [1]}', "{}", "[]", "{", ""):
            wrong = raw.session.post(raw.host + "/_simulator/faults", data=body, timeout=TIMEOUT)
            assert (wrong.status_code, "error" in wrong.json()) == (400, True)
        assert raw.session.post(raw.host + "/_simulator/reset", timeout=TIMEOUT).json() == {"reset": True}
        assert raw.simulator.calls == []


def test_counts_do_not_meet_the_limits() -> None:
    with serving(limits=Limits(real_per_window=0)) as raw:
        for _ in range(5):
            assert raw.session.get(raw.host + "/_simulator/stats", timeout=TIMEOUT).status_code == 200
        assert raw.get().json()["msg_cd"] == "EGW00201"


@pytest.mark.parametrize("options", [["--fault", "1=nonsense"], ["--rows", "-1"], ["--environment", "both"], ["--latency", "-1"]])
def test_wrong_options_are_usage_errors(options: list[str]) -> None:
    result = click.testing.CliRunner().invoke(simulator, options)
    assert result.exit_code == 2
    assert options[0] in result.output


def test_a_port_that_is_taken_is_said() -> None:
    with serving() as raw:
        result = click.testing.CliRunner().invoke(simulator, ["--port-mock", raw.host.rpartition(":")[2]])
    assert result.exit_code == 2
    assert "cannot open the port" in result.output


def test_help_is_in_both_languages() -> None:
    command = [sys.executable, "-c", "from kis_xl.cli.simulator import simulator; simulator()", "--help"]
    for language, words in (("ko", "모의 KIS 서버"), ("en", "simulated KIS server")):
        environment = os.environ | {"KIS_XL_LANG": language, "PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"}
        shown = subprocess.run(command, capture_output=True, env=environment, timeout=60, check=True).stdout.decode()
        assert words in shown
