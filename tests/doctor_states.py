"""Everything that can be broken, one state each; `tests/test_doctor.py` has the doctor look at them."""

from __future__ import annotations

import io
import os
import socket
import sys
import time
from collections import namedtuple
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib import metadata
from pathlib import Path

import trustme
from filelock import FileLock

from kis_xl import kst, schedule
from kis_xl.broker import Broker
from kis_xl.doctor import Case, folder
from kis_xl.doctor.case import token_file
from kis_xl.errors import NetworkError
from kis_xl.excel.personal import shared_workbook
from kis_xl.language import Text
from kis_xl.leftovers import Leftovers
from kis_xl.schedule.plan import DEFAULT_AT, Plan
from kis_xl.schedule.runs import Result, Run, record
from kis_xl.settings import Settings
from tests.doctor_kit import NAME, Lab, server_context, state
from tests.installation_kit import EXCEL_365, POLICIES, new_machine
from tests.raw_server import http, page
from tests.schedule_kit import THURSDAY, clock, fakes


@state(
    *("python.version ok", "python.packages ok", "python.command ok", "python.encoding ok", "python.excel ok", "settings.variables ok"),
    *("settings.file ok", "settings.accounts ok", "settings.secrets ok", "folder.place ok", "folder.writing ok", "folder.space ok"),
    *("folder.locks ok", "folder.history ok", "network.proxy ok", "network.dns ok", "network.connection ok", "network.tls ok"),
    *("network.host ok", "network.clock skip", "service.token ok", "service.limits ok", "service.call ok", "runs.snapshot ok"),
    *("runs.schedule ok", "runs.report ok", "log.lines ok", "excel.program ok", "excel.macros ok", "workbook.version ok"),
    *("workbook.interpreter ok", "workbook.xlwings ok", "workbook.mark ok", "workbook.place ok"),
)
def all_is_well(lab: Lab) -> Case:
    cron = lab.stack.enter_context(fakes(lab.monkeypatch, lab.place, "cron"))
    cron.kept("crontab").write_text("REQUESTS_CA_BUNDLE=ca.pem\n")
    lab.account(ssl_context=lab.trusted())
    lab.machine.python.path.touch()
    lab.fetched()
    lab.installed()
    schedule.install(Settings.load())
    (lab.part("reports") / "KIS_x_2026-11-20.xlsx").touch()
    (lab.part("locks") / "x.lock").touch()  # Windows' own are gone with who held them
    lab.log("got a new token", level="INFO")
    return lab.case(offline=False)


@state("settings.variables ok", "settings.file skip", "settings.secrets ok", "network.tls skip", "service.call ok")
def an_account_of_variables(lab: Lab) -> Case:
    lab.account_of_variables()
    return lab.case(offline=False)


@state(
    *("settings.accounts fail", "settings.file skip", "folder.writing skip", "folder.permissions skip", "folder.locks skip"),
    *("folder.history skip", "network.host skip", "runs.schedule skip", "runs.report skip", "log.lines skip", "workbook.version skip"),
)
def nothing_is_set_up(lab: Lab) -> Case:
    return lab.case()


@state("settings.variables skip")
def nothing_at_all_is_set(lab: Lab) -> Case:
    lab.monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: lab.place / "usual")
    for name in [name for name in os.environ if name.startswith("KIS_XL_")]:
        lab.monkeypatch.delenv(name)
    return lab.case()


@state("python.excel skip", "excel.program skip", "excel.macros skip")
def another_system(lab: Lab) -> Case:
    return lab.case(machine=lab.linux)


@state("settings.secrets skip", "network.host skip", "service.call skip", "runs.snapshot skip")
def a_practice_account(lab: Lab) -> Case:
    lab.practice()
    return lab.case(offline=False)


@state("python.version fail")
def an_old_python(lab: Lab) -> Case:
    return lab.case(machine=replace(lab.machine, python=replace(lab.machine.python, version="3.10.14")))


@state("python.version ok")
def a_python_of_one_user(lab: Lab) -> Case:
    return lab.case(machine=replace(lab.machine, python=replace(lab.machine.python, virtual=False, user_site=True)))


@state("python.command ok")
def no_command_on_the_path(lab: Lab) -> Case:
    lab.monkeypatch.setenv("PATH", str(lab.place))
    return lab.case()


@state("python.packages fail")
def a_missing_package(lab: Lab) -> Case:
    _without(lab, "filelock")
    return lab.case()


@state("python.packages fail")
def an_old_package(lab: Lab) -> Case:
    _of_version(lab, "requests", "2.31.0")
    return lab.case()


@state("python.packages warn")
def a_package_from_the_future(lab: Lab) -> Case:
    _of_version(lab, "requests", "3.0")
    return lab.case()


def _of_version(lab: Lab, name: str, version: str) -> None:
    usual = metadata.version
    lab.monkeypatch.setattr(metadata, "version", lambda asked: version if asked == name else usual(asked))


def _without(lab: Lab, name: str) -> None:
    usual = metadata.version

    def version(asked: str) -> str:
        if asked == name:
            raise metadata.PackageNotFoundError(name)
        return usual(asked)

    lab.monkeypatch.setattr(metadata, "version", version)


@state("python.packages warn")
def a_copy_that_is_not_installed(lab: Lab) -> Case:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    lab.monkeypatch.setattr(metadata, "requires", requires)
    return lab.case()


@state("python.command ok")
def the_command_of_this_python(lab: Lab) -> Case:
    return _with_command(lab, str(Path(sys.executable).with_name("python")))


@state("python.command warn")
def two_installations(lab: Lab) -> Case:
    return _with_command(lab, "/opt/another/bin/python3.12")


def _with_command(lab: Lab, interpreter: str) -> Case:
    """A `kis-xl` on the PATH that starts this Python."""
    programs = lab.place / "programs"
    programs.mkdir()
    starter = programs / ("kis-xl.exe" if sys.platform == "win32" else "kis-xl")
    starter.write_bytes(b"MZ\0" * 9 + b"#!" + os.fsencode(interpreter) + b"\nPK\3\4" + b"import re\n")
    starter.chmod(0o755)
    lab.monkeypatch.setenv("PATH", str(programs))
    return lab.case()


@state("python.encoding warn")
def a_terminal_without_korean(lab: Lab) -> Case:
    lab.monkeypatch.setenv("PYTHONIOENCODING", "latin-1:replace")
    return lab.case()


@state("python.excel fail")
def a_python_of_the_store(lab: Lab) -> Case:
    return lab.case(machine=replace(lab.machine, python=replace(lab.machine.python, store=True)))


@state("python.excel fail")
def no_dll_beside_python(lab: Lab) -> Case:
    for path in lab.machine.python.path.parent.parent.glob("xlwings*.dll"):
        path.unlink()
    return lab.case()


@state("python.encoding warn")
def an_old_console(lab: Lab) -> Case:
    lab.monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    return lab.case()


@state("settings.variables fail", "settings.secrets ok")
def a_variable_that_cannot_be(lab: Lab) -> Case:
    lab.account()
    lab.monkeypatch.setenv("KIS_XL_READ_TIMEOUT", "soon")
    return lab.case()


@state("settings.variables fail")
def the_home_of_nobody(lab: Lab) -> Case:
    lab.monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: lab.place / "usual")
    lab.monkeypatch.setattr(Path, "expanduser", _no_such_user)
    lab.monkeypatch.setenv("KIS_XL_HOME", "~nobody-of-this-name/x")
    return lab.case()


def _no_such_user(path: Path) -> Path:
    raise RuntimeError("Could not determine home directory.")


@state("settings.variables warn")
def a_variable_that_is_misspelt(lab: Lab) -> Case:
    lab.monkeypatch.setenv("KIS_XL_APP_KEY", "x")
    return lab.case()


@state("settings.secrets fail", "service.call skip")
def a_variable_that_is_missing(lab: Lab) -> Case:
    lab.account_of_variables()
    lab.monkeypatch.delenv("KIS_XL_APPSECRET")
    return lab.case(offline=False)


@state("settings.file fail", "settings.accounts fail")
def a_file_that_is_no_toml(lab: Lab) -> Case:
    lab.home.mkdir()
    (lab.home / "config.toml").write_text(f'default = "{NAME}"\n[accounts."{NAME}"]\nnumber = 1234****-01\n', encoding="utf-8")
    return lab.case()


@state("settings.file fail", "settings.secrets ok")
def a_damaged_file_and_an_account_of_variables(lab: Lab) -> Case:
    lab.account_of_variables()
    lab.home.mkdir()
    (lab.home / "config.toml").write_text('[accounts."x"]\nnumber = "12"\n')
    return lab.case()


@state("settings.file fail", "settings.secrets ok")
def a_preference_that_cannot_be(lab: Lab) -> Case:
    lab.account()
    path = lab.home / "config.toml"
    path.write_text('language = "french"\n' + path.read_text(encoding="utf-8"), encoding="utf-8")
    return lab.case()


@state("settings.secrets fail", "service.call skip", "runs.snapshot skip")
def keys_that_are_gone(lab: Lab) -> Case:
    lab.account()
    for path in (lab.home / "secrets").glob("*.json"):
        path.unlink()
    return lab.case(offline=False)


@state("settings.secrets fail")
def a_store_that_does_not_open(lab: Lab) -> Case:
    lab.account()
    path = lab.home / "config.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('secrets = "file"', 'secrets = "system"'), encoding="utf-8")
    return lab.case()


@state("settings.leftovers warn")
def keys_of_an_account_that_has_gone(lab: Lab) -> Case:
    lab.account()
    Leftovers(Settings.load().folder).note({"0123456789abcdef": "system"})
    return lab.case()


@state("settings.file fail", "settings.accounts fail")
def a_file_with_a_number_of_thousands_of_digits(lab: Lab) -> Case:
    lab.home.mkdir()
    (lab.home / "config.toml").write_text(f"attempts = {'9' * 5_000}\n")
    return lab.case()


@state("settings.file fail", "settings.accounts fail")
def a_file_of_thousands_of_brackets(lab: Lab) -> Case:
    lab.home.mkdir()
    (lab.home / "config.toml").write_text(f"attempts = {'[' * 3_000}\n")
    return lab.case()


@state("settings.file fail", "settings.accounts fail")
def accounts_that_are_no_table(lab: Lab) -> Case:
    lab.home.mkdir()
    (lab.home / "config.toml").write_text('accounts = "abc"\n')
    return lab.case()


@state("folder.place fail", "folder.space skip")
def a_file_in_the_way(lab: Lab) -> Case:
    (lab.place / "file").touch()
    lab.monkeypatch.setenv("KIS_XL_HOME", str(lab.place / "file" / "home"))
    return lab.case()


@state("folder.place warn")
def a_synchronised_folder(lab: Lab) -> Case:
    lab.monkeypatch.setenv("KIS_XL_HOME", str(lab.place / "OneDrive - 회사" / "kis"))
    return lab.case()


@state("folder.place warn")
def a_network_drive(lab: Lab) -> Case:
    lab.monkeypatch.setattr(folder, "is_remote", lambda _: True)
    return lab.case()


@state("folder.writing fail")
def a_full_disk(lab: Lab) -> Case:
    lab.account()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    lab.monkeypatch.setattr(folder, "write_atomically", full)
    return lab.case()


@state("folder.writing fail", "service.call fail")
def a_file_where_a_part_belongs(lab: Lab) -> Case:
    lab.account()
    (lab.home / "tokens").touch()
    return lab.case(offline=False)


Usage = namedtuple("Usage", "total used free")


@state("folder.space warn")
def a_disk_with_little_room(lab: Lab) -> Case:
    lab.monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**9, 9 * 10**8, 10**8))
    return lab.case()


@state("folder.space fail")
def a_disk_without_room(lab: Lab) -> Case:
    lab.monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10**9, 10**9, 4096))
    return lab.case()


if os.name == "posix":

    @state("folder.permissions ok")
    def a_folder_of_its_owner(lab: Lab) -> Case:
        lab.account()
        return lab.case()

    @state("folder.permissions warn")
    def a_folder_that_others_can_read(lab: Lab) -> Case:
        lab.account()
        lab.home.chmod(0o755)
        (lab.home / "config.toml").chmod(0o644)
        return lab.case()

    @state("folder.permissions warn")
    def a_folder_that_others_can_write(lab: Lab) -> Case:
        lab.account()
        lab.home.chmod(0o777)
        return lab.case()

    @state("folder.permissions warn")
    def a_folder_of_somebody_else(lab: Lab) -> Case:
        lab.account()
        lab.monkeypatch.setattr(os, "getuid", lambda: 12345)
        return lab.case()


if os.name == "posix":  # Windows has no such folders

    @state("runs.schedule fail")
    def a_folder_that_no_scheduler_can_be_told_of(lab: Lab) -> Case:
        lab.monkeypatch.setenv("KIS_XL_HOME", str(lab.place / "a\tfolder"))
        lab.practice()
        Plan(DEFAULT_AT, kst.now(), "cron", "en").save(Settings.load().folder)
        return lab.case()


@state("folder.locks warn")
def a_process_that_hangs(lab: Lab) -> Case:
    lab.stack.enter_context(FileLock(lab.part("snapshots") / "x.lock"))
    return lab.case()


@state("folder.history fail")
def a_damaged_history(lab: Lab) -> Case:
    (lab.part("history") / "history.sqlite").write_bytes(b"no database at all" * 100)
    return lab.case()


@state("service.token warn", "service.call skip")
def a_damaged_token(lab: Lab) -> Case:
    lab.account()
    lab.fetched()
    for path in (lab.home / "tokens").glob("*.token"):
        path.write_bytes(b"damaged")
    return lab.case()


@state("service.limits warn")
def a_key_that_is_in_use(lab: Lab) -> Case:
    lab.account()
    lab.fetched()
    for path in (lab.home / "limits").glob("*.sqlite"):
        lab.stack.enter_context(FileLock(f"{path}.lock"))
    return lab.case()


@state("service.call fail")
def a_process_that_never_gets_its_token(lab: Lab) -> Case:
    lab.account()
    settings = Settings.load()
    with Broker(settings.account(), settings.folder) as broker:
        assert broker.token_expiry() is None
    lab.stack.enter_context(FileLock(f"{token_file(settings.account(), settings.folder)}.lock"))
    return lab.case(offline=False)


@state("runs.snapshot warn")
def a_damaged_snapshot(lab: Lab) -> Case:
    lab.account()
    lab.fetched()
    for path in (lab.home / "snapshots").glob("*.json"):
        path.write_text("{}")
    return lab.case()


@state("runs.schedule warn")
def a_report_that_was_missed(lab: Lab) -> Case:
    _scheduled(lab)
    return lab.case()


@state("runs.schedule warn")
def a_report_that_failed(lab: Lab) -> Case:
    planned = _scheduled(lab)
    result = Result.of_error(NAME, NetworkError(Text("연결할 수 없음", "no connection")))
    record(Settings.load().folder, Run(planned, planned, planned + timedelta(minutes=1), 5, (result,)))
    return lab.case()


def _scheduled(lab: Lab) -> datetime:
    """A report was scheduled on a Thursday, and it is the evening of the Friday after; when it was due."""
    lab.stack.enter_context(fakes(lab.monkeypatch, lab.place, "cron"))
    lab.account()
    clock(lab.monkeypatch, THURSDAY)
    schedule.install(Settings.load())
    clock(lab.monkeypatch, "2025-11-21", "20:00:00")
    return datetime(2025, 11, 21, 16, tzinfo=kst.KST)


@state("runs.schedule warn")
def a_schedule_that_is_gone(lab: Lab) -> Case:
    cron = lab.stack.enter_context(fakes(lab.monkeypatch, lab.place, "cron"))
    lab.practice()
    schedule.install(Settings.load())
    cron.kept("crontab").unlink()
    return lab.case()


@state("runs.schedule warn")
def a_scheduler_that_refuses(lab: Lab) -> Case:
    cron = lab.stack.enter_context(fakes(lab.monkeypatch, lab.place, "cron"))
    lab.practice()
    schedule.install(Settings.load())
    cron.refuse("crontab", said="permission denied by the administrator")
    return lab.case()


@state("runs.schedule warn")
def a_schedule_that_does_not_see_a_variable(lab: Lab) -> Case:
    lab.stack.enter_context(fakes(lab.monkeypatch, lab.place, "cron"))
    lab.practice()
    schedule.install(Settings.load())
    lab.monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    return lab.case()


@state("log.lines warn")
def errors_in_the_log(lab: Lab) -> Case:
    lab.log("the check x has crashed", level="ERROR")
    return lab.case()


@state("log.lines ok", "log.rate warn")
def too_many_calls(lab: Lab) -> Case:
    lab.log("attempt 1 failed, trying again: the service keeps refusing [HTTP 500, EGW00201 초당 거래건수를 초과하였습니다.]")
    return lab.case()


@state("log.token warn")
def a_key_that_is_shared(lab: Lab) -> Case:
    lab.log("waiting for a token: one a minute is issued", "the token was refused: EGW00123", level="INFO")
    return lab.case()


@state("log.changed warn")
def a_balance_that_kept_changing(lab: Lab) -> Case:
    lab.log("the data changed between pages: start 2 at page 1", level="INFO")
    return lab.case()


@state("excel.program warn")
def no_excel(lab: Lab) -> Case:
    return lab.case(machine=replace(lab.machine, excel=None))


@state("excel.program warn")
def an_excel_of_the_store(lab: Lab) -> Case:
    return lab.case(machine=replace(lab.machine, excel=replace(EXCEL_365, edition="store")))


@state("excel.program ok")
def a_mac(lab: Lab) -> Case:
    excel = replace(EXCEL_365, edition="mac", path="/Applications/Microsoft Excel.app")
    return lab.case(machine=replace(new_machine(lab.place / "mac", None, "mac"), excel=excel))


@state("excel.macros warn")
def macros_in_trusted_places_only(lab: Lab) -> Case:
    lab.registry.seed("HKCU", rf"{POLICIES}\Excel\Security", {"VBAWarnings": 4})
    return lab.case()


@state("excel.macros fail")
def no_macros_at_all(lab: Lab) -> Case:
    lab.registry.seed("HKCU", rf"{POLICIES}\Common", {"VBAOff": 1})
    return lab.case()


@state("workbook.version ok", "workbook.mark ok")
def a_workbook_for_the_add_in(lab: Lab) -> Case:
    lab.practice()
    place = lab.machine.documents / "KIS" / "KISBalance.xlsm"
    place.parent.mkdir()
    place.write_bytes(shared_workbook())
    return lab.case()


@state("workbook.version warn")
def an_older_workbook(lab: Lab) -> Case:
    lab.practice()
    lab.installed()
    lab.monkeypatch.setattr("kis_xl.doctor.workbook.__version__", "9.10.0")
    return lab.case()


@state("workbook.version warn")
def a_newer_workbook(lab: Lab) -> Case:
    lab.practice()
    lab.installed()
    lab.monkeypatch.setattr("kis_xl.doctor.workbook.__version__", "0.0.9")
    return lab.case()


@state("workbook.version warn")
def a_workbook_that_is_gone(lab: Lab) -> Case:
    lab.practice()
    lab.installed().unlink()
    return lab.case()


@state("workbook.version fail")
def a_workbook_that_is_none(lab: Lab) -> Case:
    lab.practice()
    lab.installed().write_bytes(b"PK")
    return lab.case()


@state("workbook.version fail")
def a_record_that_cannot_be_read(lab: Lab) -> Case:
    lab.practice()
    lab.installed()
    (lab.home / "installation" / "record.json").write_text("{")
    return lab.case()


@state("workbook.interpreter fail")
def a_python_that_was_removed(lab: Lab) -> Case:
    lab.practice()
    lab.installed()
    lab.machine.python.path.unlink(missing_ok=True)
    return lab.case()


@state("workbook.interpreter warn")
def a_workbook_of_another_python(lab: Lab) -> Case:
    lab.practice()
    lab.machine.python.path.touch()
    lab.installed()
    other = lab.place / "another" / "python.exe"
    return lab.case(machine=replace(lab.machine, python=replace(lab.machine.python, path=other)))


@state("workbook.xlwings fail")
def an_xlwings_that_was_updated(lab: Lab) -> Case:
    lab.practice()
    lab.machine.python.path.touch()
    lab.installed()
    _of_version(lab, "xlwings", "0.99.0")
    return lab.case()


@state("workbook.mark warn")
def a_workbook_from_the_internet(lab: Lab) -> Case:
    lab.practice()
    # on Windows a stream of the workbook, elsewhere a file beside it
    Path(f"{lab.installed()}:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=3\n")
    return lab.case()


@state("workbook.place warn")
def a_workbook_in_the_cloud(lab: Lab) -> Case:
    lab.practice()
    lab.move(documents=lab.machine.home / "OneDrive - 회사" / "문서")
    lab.installed()
    return lab.case()


@state("network.clock ok", "service.call ok")
def a_clock_that_is_right(lab: Lab) -> Case:
    return _clock_off(lab, 0)


@state("network.clock warn")
def a_clock_that_is_a_minute_behind(lab: Lab) -> Case:
    return _clock_off(lab, -60)


@state("network.clock fail")
def a_clock_that_is_a_day_ahead(lab: Lab) -> Case:
    return _clock_off(lab, 86_400)


def _clock_off(lab: Lab, seconds: float) -> Case:
    now = datetime.now(UTC)
    lab.raw(http(page(), Date=format_datetime(now, usegmt=True)))
    begun = time.monotonic()
    ours = now.astimezone(kst.KST) + timedelta(seconds=seconds)
    lab.monkeypatch.setattr(kst, "now", lambda: ours + timedelta(seconds=time.monotonic() - begun))
    return lab.case(offline=False)


@state("network.dns fail", "service.call skip")
def a_name_that_does_not_resolve(lab: Lab) -> Case:
    lab.at("https://kis.invalid")
    return lab.case(offline=False)


@state("network.connection fail", "service.call skip")
def nobody_listens(lab: Lab) -> Case:
    lab.at(f"http://127.0.0.1:{free_port()}")
    return lab.case(offline=False)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@state("network.tls fail", "service.call skip")
def a_certificate_of_nobody_known(lab: Lab) -> Case:
    lab.account(ssl_context=server_context(trustme.CA()))
    return lab.case(offline=False)


@state("network.host fail", "service.call skip")
def a_server_that_hangs_up(lab: Lab) -> Case:
    lab.raw(lambda connection, _: connection.shutdown(socket.SHUT_RDWR))
    return lab.case(offline=False)


@state("network.proxy fail", "service.call skip")
def a_proxy_that_wants_a_login(lab: Lab) -> Case:
    proxy = lab.raw(http("", "407 Proxy Authentication Required"))
    lab.at("https://kis.invalid")
    lab.monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//somebody:hidden-password@"))
    return lab.case(offline=False)
