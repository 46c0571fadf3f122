"""What a person at a terminal sees, through a pseudo-terminal: progress, colours, a table that fits."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.broker_kit import Simulator, demo_account, simulated
from tests.conftest import REPOSITORY

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminals in the standard library", allow_module_level=True)

import fcntl
import pty
import struct
import termios


def seen(running: Simulator, home: Path, *arguments: str, columns: int = 160) -> str:
    """All that `kis-xl ARGUMENTS` writes to a terminal of so many columns."""
    account = running.account()
    environment = os.environ | {
        "KIS_XL_ACCOUNT": account.number,
        "KIS_XL_APPKEY": account.appkey,
        "KIS_XL_APPSECRET": account.appsecret,
        "KIS_XL_BASE_URL": running.real_url,
        "KIS_XL_HOME": str(home),
        "TERM": "xterm-256color",
    }
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    command = [sys.executable, "-m", "kis_xl", *arguments]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 65_536)
        except OSError:  # Linux reports the end of a terminal in this way
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    assert process.wait() == 0
    return written.decode()


def test_pages_are_seen_as_they_come_and_gone_at_the_end(tmp_path: Path) -> None:
    with simulated(demo_account(rows=120), latency=0.25) as running:
        shown = seen(running, tmp_path, "export", "--output", str(tmp_path / "r.xlsx"))
    for page, rows in ((1, 50), (2, 100)):
        assert f"page {page} · {rows} rows" in shown
    assert shown.rstrip().endswith(str(tmp_path / "r.xlsx"))
    assert "\x1b[2K" in shown  # the line of progress is wiped


def test_gains_are_red_and_losses_blue(tmp_path: Path) -> None:
    with simulated(demo_account(rows=10)) as running:
        shown = seen(running, tmp_path, "balance")
        rows = running.account().holdings()
    for row in rows:
        profit = int(row["evlu_pfls_amt"])
        if profit:
            assert re.search(rf"\x1b\[{31 if profit > 0 else 34}m\s*{profit:,}\s*\x1b\[0m", shown), row


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 120])
def test_a_narrow_terminal_keeps_codes_and_numbers_whole(tmp_path: Path, columns: int) -> None:
    with simulated(demo_account(rows=10)) as running:
        shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen(running, tmp_path, "balance", columns=columns))
        rows = running.account().holdings()
    for row in rows:
        assert row["pdno"] in shown
        assert f"{int(row['evlu_amt']):,}" in shown
