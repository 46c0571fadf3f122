"""The doctor on a terminal: colours, and lines that end where the window does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.broker_kit import demo_account, simulated
from tests.test_terminal import seen


@pytest.mark.parametrize("columns", [60, 160])
def test_findings_are_coloured_and_none_is_cut(tmp_path: Path, columns: int) -> None:
    with simulated(demo_account(rows=5)) as running:
        shown = seen(running, tmp_path / "home", "doctor", columns=columns)
    assert re.search(r"\x1b\[32mok\s*\x1b\[0m", shown)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert "an authenticated call went through" in plain
    assert str(tmp_path / "home") in plain
