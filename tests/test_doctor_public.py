"""What the doctor prints: whole for the user, with nothing of theirs for everybody else."""

from __future__ import annotations

import getpass
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kis_xl import __version__
from kis_xl.cli import main
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.datafolder import DataFolder
from kis_xl.doctor.finding import KNOWN, Whose
from kis_xl.doctor.public import Public, without_credentials
from kis_xl.fields import Environment
from kis_xl.simulator import SimAccount
from tests import doctor_states
from tests.conftest import REPOSITORY
from tests.doctor_kit import NAME, Lab
from tests.schedule_kit import add
from tests.test_cli import run

CANO = "61830275"
KEYS = SimAccount(f"{CANO}-01", "PSplantedAppKeyThatNobodyMaySee00001", "planted+app/secret==" * 9)
USER, HOST, OTHER = "gildong.hong", "HONGS-LAPTOP", "여보 몰래"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with ExitStack() as stack:
        yield Lab(tmp_path, monkeypatch, stack)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """The exit code and the JSON."""
    code = main(["doctor", "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_the_json_has_its_form(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.account()
    code, said = answer(capsys, "--offline")
    assert set(said) == {"kis_xl", "at", "findings", "first"}
    assert said["kis_xl"] == __version__
    assert said["at"].endswith("+09:00")
    for entry in said["findings"]:
        assert list(entry) == ["id", "verdict", "what", "cure", "detail"]
        assert entry["verdict"] in KNOWN[entry["id"]]
        assert entry["what"]
        assert bool(entry["cure"]) == (entry["verdict"] in ("warn", "fail"))
        assert isinstance(entry["detail"], dict)
    assert code == 0
    (secrets,) = [entry for entry in said["findings"] if entry["id"] == "settings.secrets"]
    assert secrets["detail"]["account"] == 1


def test_the_first_thing_to_mend_is_named_and_the_exit_code_is_its_kind(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = answer(capsys, "--offline")
    assert (code, said["first"]) == (2, "settings.accounts")
    lab.raw(lambda connection, _: connection.shutdown(socket.SHUT_RDWR))
    code, said = answer(capsys)
    assert (code, said["first"]) == (5, "network.host")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_nothing_of_the_users_is_in_the_json(lab: Lab, capsys: pytest.CaptureFixture[str], language: str) -> None:
    planted = _plant(lab)
    lab.monkeypatch.setenv("KIS_XL_LANG", language)
    for arguments in ([], ["--offline"], ["--account", NAME]):
        main(["doctor", "--json", *arguments])
        shown = capsys.readouterr()
        for text in planted:
            assert text not in shown.out + shown.err, (text, arguments)
        said = json.loads(shown.out)
        assert any("<data>/config.toml" in _plain(entry["what"]) for entry in said["findings"] if entry["id"] == "settings.file")
        assert any(entry["detail"].get("account") == 1 for entry in said["findings"])


def _plant(lab: Lab) -> list[str]:
    """A user, a machine and accounts with names, and all of them where a finding could repeat them."""
    home = lab.place / "home" / USER
    home.mkdir(parents=True)
    for variable in ("HOME", "USERPROFILE"):
        lab.monkeypatch.setenv(variable, str(home))
    for variable in ("USER", "LOGNAME", "USERNAME"):
        lab.monkeypatch.setenv(variable, USER)
    lab.monkeypatch.setattr(socket, "gethostname", lambda: HOST)
    lab.monkeypatch.setenv("KIS_XL_HOME", str(home / "OneDrive - 비밀회사" / "kis"))
    lab.monkeypatch.setenv("HTTPS_PROXY", "http://proxyuser:proxypassword@127.0.0.1:9")
    running = lab.simulator()
    add(running, KEYS, NAME)
    add(running, KEYS, OTHER)
    editor = ConfigEditor(DataFolder(lab.home))
    editor.add(NewAccount("대리", {"number": "6183****-01", "base_url": "https://kis.invalid"}, {}, vars_of_keys()), secrets="file")
    lab.log(f"scheduled report: {OTHER}: {home}/KIS_{OTHER}_2026.xlsx of {USER} at {HOST}, {CANO}, 203.0.113.77", level="ERROR")
    lab.part("history").joinpath("history.sqlite").write_bytes(b"damaged" * 500)
    (lab.part("reports") / f"KIS_{OTHER}_2026-11-20.xlsx").touch()
    (lab.part("installation") / "record.json").write_text(_record(home / "바탕" / "KISBalance.xlsm"), encoding="utf-8")
    planted = [CANO, KEYS.appkey, KEYS.appsecret, USER, HOST, NAME, OTHER, "대리", "비밀회사", "proxypassword", "proxyuser", "203.0.113.77"]
    return [*planted, str(home), str(lab.place), getpass.getuser() if getpass.getuser() != "root" else USER]


def _plain(text: str) -> str:
    return text.replace("\\", "/")


def vars_of_keys() -> dict[str, str]:
    """The secrets of the account, as they are stored."""
    return {"number": KEYS.number, "appkey": KEYS.appkey, "appsecret": KEYS.appsecret}


def _record(path: Path) -> str:
    puts = [{"kind": "workbook", "where": str(path), "holds": "", "made": ""}]
    return json.dumps({"format": 1, "package": "0.1.0", "time": "", "refresh_on_open": True, "puts": puts})


def test_a_name_in_a_file_that_cannot_be_read_is_hidden_too(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.home.mkdir()
    lines = (f'[accounts."{OTHER}"]', 'id = "0123456789abcdef"', 'number = "1234****-01"', 'environment = "paper"')
    (lab.home / "config.toml").write_text("\n".join(lines), encoding="utf-8")
    code, said = answer(capsys, "--offline")
    told = json.dumps(said, ensure_ascii=False)
    assert code == 2
    assert "config.toml, line 4" in told
    assert OTHER not in told
    assert main(["doctor", "--offline"]) == 2
    assert OTHER in capsys.readouterr().out


def test_the_terminal_says_names_and_what_is_private_but_no_secret(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    _plant(lab)
    assert main(["doctor"]) != 0
    shown = capsys.readouterr().out
    assert f"{NAME}: " in shown
    assert f"KIS_{OTHER}_2026-11-20.xlsx" in shown
    assert "scheduled report" in shown
    for secret in (CANO, KEYS.appkey, KEYS.appsecret, "proxypassword"):
        assert secret not in shown
    assert "\x1b[" not in shown  # no terminal, no colours


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_last_line_says_what_to_do_first(lab: Lab, capsys: pytest.CaptureFixture[str], language: str) -> None:
    lab.monkeypatch.setenv("KIS_XL_LANG", language)
    assert main(["doctor", "--offline"]) == 2
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("먼저 할 일: `kis-xl setup`" if language == "ko" else "First: Run `kis-xl setup`")
    lab.practice()
    assert main(["doctor", "--offline"]) == 0
    shown = capsys.readouterr().out
    assert ("정상" if language == "ko" else "ok") in shown
    assert bool(any("가" <= letter <= "힣" for letter in shown.replace("연습", ""))) == (language == "ko")


def test_where_nothing_is_wrong_the_last_line_says_so(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    doctor_states.all_is_well(lab)
    machine = lab.machine
    lab.monkeypatch.setattr("kis_xl.installation.machine_here", lambda: machine)
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "All is well."


def test_an_account_that_is_not_there_is_an_error(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.practice()
    assert main(["doctor", "--account", "nobody"]) == 2
    assert "error: ACCOUNT: " in capsys.readouterr().err


def test_without_a_network_nothing_heavy_is_loaded(lab: Lab) -> None:
    lab.account()
    code = (
        "import sys; from kis_xl.cli import main; main(['doctor', '--offline']); "
        "print([name for name in ('requests', 'openpyxl', 'sqlalchemy', 'xlwings', 'tornado', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, encoding="utf-8", check=True)
    # whether Excel's server starts is tried there, and on Windows that is xlwings'
    assert done.stdout.splitlines()[-1] == ("['xlwings']" if sys.platform == "win32" else "[]")


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("/Users/kim/kis", "…/kis"),
        (r"C:\Users\김 철수\AppData\x", r"…\x"),
        (r"C:\Users\GILDON~1\AppData\x", r"…\x"),
        (r"C:\Users\Kim Chul", r"…\<user>"),
        (r"'C:\\Users\\Kim Chul\\a b.txt'", r"'…\a b.txt'"),
        ("/home/kim", "…/<user>"),
        ("/home/kim and /home/lee/x", "…/<user> …/x"),
        (r"\\corp-file01\users$\kim", r"…\<user>"),
        (r"\\corp-file01\sales\2026.xlsx", r"…\2026.xlsx"),
        (r"\\?\C:\kimcorp\x", r"…\x"),
        ("D:\\OneDrive - 우리회사\\kis", "…\\kis"),
        ("D:\\OneDrive - 우리회사", "…\\OneDrive - …"),
        ("/mnt/my share/kim corp/a b.xlsx", "…/a b.xlsx"),
        ("폴더: /srv/회사/h (/srv: not a folder)", "폴더: …/h (…/srv: not a folder)"),
        ("of /opt/x/bin/python3.12, this of /usr/bin/python", "of …/python3.12, this of …/python"),
        ("chmod -R go-rwx '/srv/kim corp/h'", "chmod -R go-rwx '…/h'"),
        ("PATH=/opt/kim/bin:/opt/lee/bin", "PATH=…/bin:…/bin"),
        ("file:///srv/kim/a.txt", "file://…/a.txt"),
        ("and/or 1/2 at HTTP/1.1 of doctor/log.py:3 asks for `/`", "and/or 1/2 at HTTP/1.1 of doctor/log.py:3 asks for `/`"),
        ("https://openapi.koreainvestment.com:9443/uapi", "https://openapi.koreainvestment.com:9443/uapi"),
        ("2001:db8::77: its name resolves", "x:x: its name resolves"),
        ("[fe80::1%eth0]:443, ::ffff:203.0.113.7", "[x:x]:443, x:x"),
        ("::1 at 16:00:00, 2026-11-20T12:30:59+09:00", "::1 at 16:00:00, 2026-11-20T12:30:59+09:00"),
        ("010-1234-5678 010 123 4567 01012345678 +82 10-1234-5678", "******** ******** ******** ********"),
        ("61830275 61830275-01 6183027501 6183-0275-01 6183 0275 01", "******** 6183****-01 ********** ****-****-** **** **** **"),
        ("2026-11-23, 2026.11.23, 1234****-01, 0.37.8, EGW00201", "2026-11-23, 2026.11.23, 1234****-01, 0.37.8, EGW00201"),
        ("savings: 내 연금의 잔고", "account 2: account 1의 잔고"),
        ("KIS_savings_2026.xlsx", "KIS_account 2_2026.xlsx"),
        ("KIS_XL_RATE, rate", "KIS_XL_RATE, account 3"),
        ("KIS_XL_ENV of env", "KIS_XL_ENV of env"),
        ("not in savings2", "not in savings2"),
        ("10.1.2.3 and 127.0.0.1", "x.x.x.x and 127.0.0.1"),
        ("Excel 16.0.17928.20114, 3.11.7", "Excel 16.0.17928.20114, 3.11.7"),
        ("http://a:b@proxy:80/x", "http://proxy:80/x"),
        ("two\nlines", "two lines"),
        ("a b 1", "a b 1"),
    ],
)
def test_what_is_hidden_and_what_is_not(text: str, public: str) -> None:
    accounts = [Whose(1, "내 연금"), Whose(2, "savings"), Whose(3, "rate"), Whose(4, "env"), Whose(5, "a"), Whose(6, "1")]
    assert Public(accounts).text(text) == public


def test_values_of_all_kinds_are_hidden_and_keys_are_not() -> None:
    public = Public([Whose(1, "path")])
    assert public.value({"path": ["path", 1, None, True, {"x": Path("path")}], "free": 1.5}) == {
        "path": ["account 1", 1, None, True, {"x": "account 1"}],
        "free": 1.5,
    }


def test_the_folders_of_data_and_python_are_called_by_what_they_are(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    secret = lab.place / "kimchulsoo_corp"
    lab.monkeypatch.setenv("KIS_XL_HOME", str(secret / "h"))
    lab.practice()
    _, said = answer(capsys, "--offline")
    told = _plain(json.dumps(said, ensure_ascii=False).replace("\\\\", "\\"))
    for hidden in (lab.place, Path(sys.executable).parent, Path(sys.executable).parent.resolve()):
        assert _plain(str(hidden)) not in told
    assert "kimchulsoo" not in told
    for shown in ("data folder: <data>", "configuration file: <data>/config.toml", "<python>/"):
        assert shown in told


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
def test_the_names_of_the_proxy_and_of_other_servers_are_hidden(lab: Lab, variable: str) -> None:
    lab.monkeypatch.setenv(variable, "http://kim:secret@proxy7.kimcorp.example:3128")
    lab.monkeypatch.setenv("NO_PROXY", "localhost,example.org")
    public = Public(hosts=["kis.kimcorp.example", "127.0.0.1"])
    assert public.text("by the proxy http://kim:secret@proxy7.kimcorp.example:3128") == "by the proxy http://<proxy>:3128"
    assert public.text("kis.kimcorp.example:9443 and 127.0.0.1:80") == "<server>:9443 and 127.0.0.1:80"


def test_another_server_of_an_account_is_hidden_and_that_of_the_service_is_not(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.at("https://kis.kimcorp.invalid")
    _, said = answer(capsys)
    assert "kimcorp" not in json.dumps(said)
    assert "<server>" in json.dumps(said)
    assert Public(hosts=[]).text(Environment.REAL.host) == Environment.REAL.host


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_help_says_what_is_hidden(lab: Lab, language: str) -> None:
    lab.monkeypatch.setenv("KIS_XL_LANG", language)
    shown = " ".join(run("doctor", "--help").stdout.split())
    named = (
        ("전화번호", "IP 주소", "8자리", "프록시", "마지막 부분")
        if language == "ko"
        else ("phone", "IP addresses", "8 digits", "proxy", "last part")
    )
    assert [word for word in named if word not in shown] == []


def test_the_home_folder_is_hidden_and_its_neighbour_is_not(lab: Lab) -> None:
    home = lab.place / "me"
    for variable in ("HOME", "USERPROFILE"):
        lab.monkeypatch.setenv(variable, str(home))
    public = Public()
    assert public.text(f"{home}{os.sep}kis") == f"~{os.sep}kis"
    assert public.text(f"in {home}.") == "in ~."
    assert "~" not in public.text(f"{home}-other")


@pytest.mark.parametrize(("url", "shown"), [("http://u:p@h:1", "http://h:1"), ("h:1", "http://h:1"), ("https://h", "https://h")])
def test_an_address_is_shown_without_credentials(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
