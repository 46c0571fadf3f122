"""The repository itself: clean code, documents that say what is so, commands that are one and the same everywhere."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]], ids=" ".join)
def test_the_code_is_clean(command: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_links_lead_somewhere() -> None:
    for path in [*REPOSITORY.glob("README*.md"), *(REPOSITORY / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_module_that_the_architecture_names_exists() -> None:
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(kis_xl/[\w/]+(?:\.py|/))`", text):
        assert (REPOSITORY / name).exists(), name


def test_every_dependency_has_its_reason() -> None:
    text = (REPOSITORY / "docs" / "dependencies.md").read_text(encoding="utf-8")
    requirements = importlib.metadata.requires("kis-xl") or []
    assert len(requirements) > 20
    for requirement in requirements:
        name = re.split(r"[<>=; \[]", requirement)[0]
        assert name.removeprefix("types-").lower() in text.lower(), requirement  # a name counts in any case


def test_ci_runs_readmes_commands() -> None:
    assert re.findall(r"^<!-- command: (\w+) -->\n```sh\n(.+)\n```", README, re.MULTILINE) == [
        ("demo", "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/kis-xl demo"),
        ("test", 'python3 -m venv .venv && .venv/bin/pip install -q -e ".[test,peers]" && .venv/bin/python -m pytest --cov'),
    ]
    script = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    assert "readme_command demo" in script
    assert "readme_command test" in script


def test_the_fault_kinds_are_documented() -> None:
    text = (REPOSITORY / "docs" / "simulator.md").read_text(encoding="utf-8")
    source = (REPOSITORY / "kis_xl" / "simulator" / "faults.py").read_text(encoding="utf-8")
    table = source.partition('"""')[2].partition('"""')[0]
    for line in re.findall(r"^    (\S.*?)\s{2,}\S", table, re.MULTILINE):
        for kind in line.split(", "):
            assert f"`{kind.split(':')[0].split('=')[0]}" in text, kind
