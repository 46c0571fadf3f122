"""What the documents tell a reader to type is run as it stands there, against the simulator.

A block that cannot be run here says so, with the reason, in a comment above it: `<!-- not run: needs Windows -->`. What
`.ci/run` runs (README's blocks under `<!-- command: NAME -->`) is not run again. Windows' lines are run in translation.
What a reader types into an editor, the lines below such a block, is put into the editor's file.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix
from platformdirs.windows import get_win_folder_from_env_vars

from docs.generator.config_file import DATA_FOLDERS
from kis_xl.cli import main
from kis_xl.configfile import OF_AN_ACCOUNT, PREFERENCES, parse
from kis_xl.simulator import Limits, Simulator, demo_account
from tests.conftest import REPOSITORY

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>.+?) -->\n)?^```(?P<language>sh|powershell|python)\n(?P<code>.*?)^```$(?:\n\n```text\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
_DOCUMENTS = [*sorted(REPOSITORY.glob("README*.md")), *sorted((REPOSITORY / "docs").rglob("*.md"))]
_INSTALLS = re.compile(r"^(python3 -m venv|\.venv/bin/pip install) ")
_OF_THE_ACCOUNT = ("KIS_XL_ACCOUNT", "KIS_XL_APPKEY", "KIS_XL_APPSECRET")
_EDITOR = "not run: an editor, in which you type the lines below"
_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the blocks are for a POSIX shell; Linux and macOS run them")


@dataclass(frozen=True)
class Block:
    """A piece of a document that can be run, the comment above it, and the output that the document promises."""

    mark: str
    language: str
    code: str
    output: str | None

    @property
    def script(self) -> str:
        """The commands for a POSIX shell."""
        if self.language == "powershell":
            return self.code.replace("py -m venv", "python3 -m venv").replace(".venv\\Scripts\\", ".venv/bin/").replace("; ", " && ")
        return self.code


def blocks(path: Path) -> list[Block]:
    found = _BLOCK.finditer(path.read_text(encoding="utf-8"))
    return [Block(each["mark"] or "", each["language"], each["code"], each["output"]) for each in found]


#: README's blocks that `.ci/run` runs, by name.
RUN_BY_CI = {block.mark: block.code for block in blocks(REPOSITORY / "README.md") if block.mark.startswith("command: ")}


def runnable(path: Path) -> list[Block]:
    return [
        block
        for block in blocks(path)
        if block.mark == _EDITOR or (not block.mark.startswith("not run: ") and block.script not in RUN_BY_CI.values())
    ]


WITH_BLOCKS = [path for path in _DOCUMENTS if runnable(path)]


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """A machine on which kis_xl is installed and an account is set up: the simulator's. Its home is gone afterwards, keys and all."""
    account = demo_account(rows=60)
    with tempfile.TemporaryDirectory() as home, Simulator([account], Limits.off()) as running:
        yield {
            **{name: value for name, value in os.environ.items() if not name.startswith("KIS_XL_")},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": home,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "KIS_XL_ACCOUNT": account.number,
            "KIS_XL_APPKEY": account.appkey,
            "KIS_XL_APPSECRET": account.appsecret,
            "KIS_XL_BASE_URL": running.real_url,
        }


@_POSIX
@pytest.mark.parametrize("path", WITH_BLOCKS, ids=lambda path: path.name)
def test_what_a_document_tells_to_type_works(path: Path, environment: dict[str, str]) -> None:
    """Its blocks one after the other, on one machine: what one writes, a later one reads."""
    environment["KIS_XL_LANG"] = "ko" if path.stem.endswith(".ko") else "en"
    account = {name: environment[name] for name in _OF_THE_ACCOUNT}
    if any(block.mark == _EDITOR for block in runnable(path)):  # the account is to come from what is typed
        environment = {name: value for name, value in environment.items() if name not in account}
    for block in runnable(path):
        if block.mark == _EDITOR:
            type_into_editor(block, account, Path(environment["HOME"]))
            continue
        done = run(block, environment)
        assert done.returncode == 0, f"{block.code}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, f"{block.code}\n{done.stderr}"
        assert block.language != "python" or done.stdout, f"it prints nothing: {block.code}"
        assert block.output is None or matches(done.stdout, block.output), f"{block.code}\n{done.stdout}"


def type_into_editor(block: Block, account: dict[str, str], home: Path) -> None:
    """The lines below the block, with the simulator's account, into the file of its editor: one that is there, for its owner only."""
    command, name = block.code.split()
    path = home / name.removeprefix("~/")
    assert (command, path.read_text(encoding="utf-8"), stat.S_IMODE(path.stat().st_mode)) == ("nano", "", 0o600)
    assert block.output is not None
    path.write_text(with_account(block.output, account), encoding="utf-8")


def run(block: Block, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    if block.language == "python":
        command = [sys.executable, "-c", block.code]
    else:
        command = ["bash", "-euo", "pipefail", "-c", shell(block, environment)]
    return subprocess.run(
        command,
        cwd=environment["HOME"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def shell(block: Block, environment: dict[str, str]) -> str:
    """The block's commands with the simulator's account in the place of 12345678-01, without those that install."""
    script = with_account(block.script, environment)
    lines = (" && ".join(part for part in line.split(" && ") if not _INSTALLS.match(part)) for line in script.splitlines())
    return "\n".join(line.replace(".venv/bin/kis-xl", "kis-xl") for line in lines)


def with_account(text: str, environment: dict[str, str]) -> str:
    """The simulator's account and keys in the place of those that a document shows."""
    return re.sub(rf"\b({'|'.join(_OF_THE_ACCOUNT)})=\S+", lambda found: f"{found[1]}={shlex.quote(environment[found[1]])}", text)


def matches(said: str, promised: str) -> bool:
    """Whether it is what the document shows; `...` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, promised.strip().split("..."))), said.strip(), re.DOTALL) is not None


@pytest.mark.parametrize("path", _DOCUMENTS, ids=lambda path: path.name)
def test_what_installs_is_what_ci_has_run(path: Path) -> None:
    known = {part.strip() for code in RUN_BY_CI.values() for part in code.split("&&")}
    for block in blocks(path):
        for part in re.split(r" && |\n", block.script):
            assert not _INSTALLS.match(part) or part.strip() in known, part


@pytest.mark.parametrize("path", _DOCUMENTS, ids=lambda path: path.name)
def test_what_is_not_run_says_why(path: Path) -> None:
    for block in blocks(path):
        assert block.mark in ("", *RUN_BY_CI) or re.fullmatch(r"not run: \S.{9,}", block.mark), block.mark
    fences = re.findall(r"^```(\w+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert len([name for name in fences if name in ("sh", "powershell", "python")]) == len(blocks(path))
    assert set(fences) <= {"sh", "powershell", "python", "text", "toml"}, "a block of another kind would not be run"


_SETTINGS = REPOSITORY / "docs" / "settings.md"


def test_the_configuration_file_that_is_shown_can_be_read_and_has_every_setting() -> None:
    """As it stands there, and with what it shows as a comment."""
    (shown,) = re.findall(r"^```toml\n(.*?)^```$", _SETTINGS.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for text in (shown, re.sub(r"^# (?=\w+ = )", "", shown, flags=re.MULTILINE)):
        file = parse(text.encode(), Path("config.toml"))
        assert (file.default, file.accounts["연금"].parameters) == ("내 계좌", {"AFHR_FLPR_YN": "X"})
        assert file.parameters == {"AFHR_FLPR_YN": "N", "PRCS_DVSN": "00"}
    table = tomllib.loads(text)
    assert {*PREFERENCES, "accounts"} == set(table)
    assert {key for account in table["accounts"].values() for key in account} == set(OF_AN_ACCOUNT)


def test_toml_is_shown_where_it_is_read() -> None:
    assert [path for path in _DOCUMENTS if "```toml" in path.read_text(encoding="utf-8")] == [_SETTINGS]


def test_the_data_folders_that_are_named_are_those_of_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in (("HOME", "/home/me"), ("USERPROFILE", "/home/me"), ("LOCALAPPDATA", "%LOCALAPPDATA%")):
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    windows = f"{get_win_folder_from_env_vars('CSIDL_LOCAL_APPDATA')}\\kis_xl"
    unix = {"macOS": MacOS("kis_xl", appauthor=False), "Linux": Unix("kis_xl", appauthor=False)}
    found = {"Windows": windows, **{name: place.user_data_path.as_posix().replace("/home/me", "~") for name, place in unix.items()}}
    assert found == DATA_FOLDERS
    for quickstart in ("quickstart.md", "quickstart.ko.md"):
        text = (REPOSITORY / "docs" / quickstart).read_text(encoding="utf-8")
        assert [folder for folder in DATA_FOLDERS.values() if f"`{folder}`" not in text] == []


def calls(path: Path) -> list[str]:
    """Every command of kis-xl in a document's blocks and in its text."""
    text = re.sub(r"\.venv[/\\]\w+[/\\]", "", path.read_text(encoding="utf-8"))
    return re.findall(r"(?:^|`|&& |; )kis-xl ((?:[a-z]+|--[a-z-]+)(?: [^`|&>;\n]+)?)", text, re.MULTILINE)


@pytest.mark.parametrize("path", [path for path in _DOCUMENTS if calls(path)], ids=lambda path: path.name)
def test_every_command_that_is_named_exists(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With `--help` a command is not run, and one that does not exist, or lacks the option, is an error."""
    for call in calls(path):
        assert main([*shlex.split(call), "--help"]) == 0, f"{call}: {capsys.readouterr().err}"


def test_some_documents_have_examples() -> None:
    assert {path.name for path in WITH_BLOCKS} >= {"README.md", "quickstart.md", "quickstart.ko.md", "simulator.md"}


def test_both_quick_starts_tell_the_same_commands() -> None:
    pages = (blocks(REPOSITORY / "docs" / name) for name in ("quickstart.md", "quickstart.ko.md"))
    english, korean = ([(block.mark, block.code, block.output is None) for block in page] for page in pages)
    assert english == korean


@pytest.mark.parametrize("name", ["quickstart.md", "quickstart.ko.md"])
def test_no_document_has_keys_typed_where_a_shell_keeps_them(name: str) -> None:
    page = blocks(REPOSITORY / "docs" / name)
    assert [block.code for block in page if re.search(r"KIS_XL_APP(KEY|SECRET)=", block.code)] == []
    (typed,) = [block for block in page if block.mark == _EDITOR]
    assert re.findall(r"^(\w+)=", typed.output or "", re.MULTILINE) == [*_OF_THE_ACCOUNT, "KIS_XL_ENV"]


def test_output_is_compared() -> None:
    assert matches("a\nb (7)\nc\n", "a\n...\nc\n")
    assert matches("a\nb (7)\nc\n", "...b (...)\n...")
    assert not matches("a\nb (7)\nc\n", "...b (8)...")
    assert not matches("a\nb\n", "a\n")


def test_windows_lines_are_translated_and_installation_left_out() -> None:
    (block,) = [block for block in blocks(REPOSITORY / "docs" / "quickstart.md") if "py -m venv" in block.code]
    assert block.script == "python3 -m venv .venv\n.venv/bin/pip install -q .\n"
    assert shell(block, {}).split() == []
    typed = Block("", "sh", "export KIS_XL_ACCOUNT=12345678-01 KIS_XL_ENV=real\n.venv/bin/kis-xl demo && rm x\n", None)
    assert shell(typed, {"KIS_XL_ACCOUNT": "87654321-01"}) == "export KIS_XL_ACCOUNT=87654321-01 KIS_XL_ENV=real\nkis-xl demo && rm x"
