"""What all tests share: a clean environment, and one table of values that must never be seen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the developer's own account, language or proxies."""
    for key in list(os.environ):
        if key.startswith("KIS_XL_") or key.lower().endswith("_proxy"):
            monkeypatch.delenv(key)
    monkeypatch.setenv("KIS_XL_LANG", "en")
    monkeypatch.setenv("KIS_XL_HOME", str(tmp_path / "home"))
