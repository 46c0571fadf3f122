"""The real secret store of a Linux desktop: gnome-keyring in a session of its own, through D-Bus."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

PROGRAMS = ("dbus-run-session", "gnome-keyring-daemon")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)), reason="needs gnome-keyring and dbus (Debian: gnome-keyring, dbus-daemon)"
)
SCRIPT = """
import sys
from pathlib import Path
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
from kis_xl.settings import Settings
folder = DataFolder(Path(sys.argv[1]))
secrets = {"number": "73915826-01", "appkey": "PSplantedAppKeyThatNobodyMaySee00001", "appsecret": "planted+app/secret==" * 9}
store = ConfigEditor(folder).add(NewAccount("내 계좌", {"number": "7391****-01"}, {}, secrets))
account = Settings.load({"KIS_XL_HOME": sys.argv[1]}).account()
print(store.kind, account.appkey.reveal() == secrets["appkey"], account.number.masked)
print(sorted(path.name for path in folder.path.rglob("*") if path.is_file()))
ConfigEditor(folder).remove("내 계좌")
print(store.read(account.name), list(Settings.load({"KIS_XL_HOME": sys.argv[1]}).listed()))
"""


def run(tmp_path: Path, unlock: str) -> list[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHON_KEYRING_BACKEND"}
    environment |= {"HOME": str(tmp_path), "KIS_XL_HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    line = f'{unlock} "{sys.executable}" "{tmp_path / "script.py"}" "{tmp_path / "home"}"'
    done = subprocess.run(
        [shutil.which("dbus-run-session") or "", "--", "/bin/sh", "-c", line],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "planted" not in done.stdout + done.stderr
    return done.stdout.splitlines()


def test_keys_are_kept_by_the_secret_service_and_go_with_their_account(tmp_path: Path) -> None:
    unlock = "echo -n password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1;"
    kept, files, gone = run(tmp_path, unlock)
    assert kept == "system True 7391****-01"
    assert files == "['config.lock', 'config.toml']"
    assert gone == "None []"


def test_a_store_that_does_not_open_is_as_good_as_none(tmp_path: Path) -> None:
    kept, files, gone = run(tmp_path, "")
    assert kept == "file True 7391****-01"
    assert "config.toml" in files
    assert gone == "None []"
