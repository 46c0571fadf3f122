"""Several processes share one app key: Excel, a scheduled export and a terminal, all started in the morning."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kis_xl.datafolder import write_atomically
from kis_xl.fields import Environment
from tests.broker_kit import Limits, broker_for, demo_account, inquiries, simulated, token_calls
from tests.conftest import INTERRUPTIBLE, REPOSITORY

MANY = 10


def start(url: str, environment: Environment, home: Path, gate: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.fetcher", url, environment.key, str(home), str(gate)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def outcomes(processes: list[subprocess.Popen[str]], gate: Path) -> list[str]:
    """What each process printed once all of them were let go at the same time."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    gate.touch()
    said = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        said.append(out.strip() + err.strip())
    return said


@pytest.mark.parametrize(("environment", "rows"), [(Environment.REAL, 120), (Environment.MOCK, 20)], ids=["real", "mock"])
def test_ten_processes_at_once_ask_for_one_token_and_are_never_refused(tmp_path: Path, environment: Environment, rows: int) -> None:
    with simulated(demo_account(environment, rows=rows), limits=Limits()) as running:
        processes = [start(running.url(environment), environment, tmp_path, tmp_path / "gate") for _ in range(MANY)]
        said = outcomes(processes, tmp_path / "gate")
        assert said == [str(rows)] * MANY
        assert running.tokens_issued == 1
        assert len(token_calls(running)) == 1
        assert running.refused == 0
        assert len(inquiries(running)) == MANY * -(-rows // environment.page_size)


WRITER = """
import itertools, json, sys
from pathlib import Path
from kis_xl.datafolder import write_atomically
print("ready", flush=True)
for number in itertools.count():
    data = json.dumps({"access_token": str(number) * 200_000}).encode()
    write_atomically(Path(sys.argv[1]), data)
"""


def test_a_killed_process_leaves_no_broken_file(tmp_path: Path) -> None:
    file = tmp_path / "token.json"
    write_atomically(file, b'{"access_token": "first"}')
    for attempt in range(12):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(file)], cwd=REPOSITORY, stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.01 + 0.013 * attempt)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        assert json.loads(file.read_bytes())["access_token"]
    if sys.platform != "win32":
        assert writer.returncode == -signal.SIGKILL


def test_a_process_killed_with_the_lock_in_hand_stops_nobody(tmp_path: Path) -> None:
    with simulated(demo_account(rows=20), faults=["token@1=hang"]) as running:
        stuck = start(running.real_url, Environment.REAL, tmp_path, tmp_path / "gate")
        assert stuck.stdout is not None
        stuck.stdout.readline()
        (tmp_path / "gate").touch()
        while not running.calls:
            time.sleep(0.01)
        stuck.kill()
        stuck.communicate()
        with broker_for(running, tmp_path) as broker:
            assert len(broker.balance().holdings) == 20


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no Ctrl-C for a process without a console")
def test_an_interrupt_ends_a_command_quietly(tmp_path: Path) -> None:
    with simulated(demo_account(rows=500), latency=0.3) as running:
        account = running.account()
        environment = os.environ | {
            "KIS_XL_ACCOUNT": account.number, "KIS_XL_APPKEY": account.appkey, "KIS_XL_APPSECRET": account.appsecret,
            "KIS_XL_BASE_URL": running.real_url, "KIS_XL_HOME": str(tmp_path),
        }  # fmt: skip
        command = [sys.executable, "-c", INTERRUPTIBLE, "export", "--output", str(tmp_path / "r.xlsx")]
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not any(call.params for call in running.calls):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (130, "", "\ninterrupted\n")
    assert not (tmp_path / "r.xlsx").exists()
