"""What is found out before anything is done: Excel, Python, policies, workbooks."""

from __future__ import annotations

import dataclasses
import platform
import plistlib
import struct
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kis_xl import __version__
from kis_xl.errors import DataError, OutputError
from kis_xl.excel import facts as facts_module
from kis_xl.excel.personal import personal_workbook, shared_workbook, workbook_facts
from kis_xl.installation import documents_folder, excel_here, macro_policies, python_here
from kis_xl.installation.excel import bits_of, excel_on_mac, excel_on_windows, spills
from kis_xl.installation.machine import machine_here
from kis_xl.installation.outcomes import STATES, Outcome
from kis_xl.installation.python import is_from_store
from kis_xl.language import Text
from tests.installation_kit import LOCATIONS, ON_WINDOWS, POLICIES, SECURITY, RegistryOfTest, TrialRegistry, new_registry, use

CLICK_TO_RUN = r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
APP_PATHS = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
CURRENT = r"SOFTWARE\Classes\Excel.Application\CurVer"
PACKAGES = r"Software\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel\Repository\Packages"
ROOT = "C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE"


@pytest.fixture
def registry() -> Iterator[TrialRegistry]:
    made = new_registry()
    yield made
    if isinstance(made, RegistryOfTest):
        made.seed("HKCU", "", {"made": 1})  # so that there is something to clear
        made.clear()


def click_to_run(registry: TrialRegistry, products: str, version: str = "16.0.17928.20114", bits: str = "x64") -> None:
    registry.seed("HKLM", CLICK_TO_RUN, {"ProductReleaseIds": products, "VersionToReport": version, "Platform": bits})
    registry.seed("HKLM", APP_PATHS, {"": ROOT})


def program(path: Path, machine: int) -> Path:
    """The head of a Windows program."""
    path.write_bytes(b"MZ" + bytes(58) + struct.pack("<I", 128) + bytes(64) + b"PE\0\0" + struct.pack("<H", machine))
    return path


def test_no_excel(registry: TrialRegistry) -> None:
    assert excel_on_windows(registry) is None


@pytest.mark.parametrize(("platform_name", "bits"), [("x64", 64), ("x86", 32), ("arm64", 64)])
def test_click_to_run(registry: TrialRegistry, platform_name: str, bits: int) -> None:
    click_to_run(registry, "O365HomePremRetail", bits=platform_name)
    found = excel_on_windows(registry)
    assert found is not None
    assert (found.version, found.bits, found.edition, found.path) == ("16.0.17928.20114", bits, "click-to-run", ROOT)
    assert found.has_dynamic_arrays is True
    assert found.office == "16.0"


@pytest.mark.parametrize(
    ("products", "version", "expected"),
    [
        ("O365HomePremRetail", "16.0.17928.20114", True),
        ("VisioProRetail,O365ProPlusRetail", "16.0.17928.20114", True),
        ("O365ProPlusRetail", "16.0.11328.20644", False),  # a subscription that has not been updated since 2019
        ("MondoRetail", "16.0.17928.20114", True),
        ("HomeBusiness2019Retail", "16.0.17928.20114", False),  # bought, and of the newest build
        ("ProPlus2019Volume", "16.0.10396.20023", False),
        ("HomeStudentRetail", "16.0.17928.20114", False),  # 2016
        ("ProPlusRetail", "16.0.17928.20114", False),
        ("ProPlus2021Volume", "16.0.14332.20763", True),
        ("HomeBusiness2024Retail", "16.0.17928.20114", True),
        ("ProPlus2019Volume, ExcelLTSC2021Volume", "16.0.14332.20763", True),
        ("SomethingNewRetail", "16.0.17928.20114", None),
        ("O365ProPlusRetail", "16", False),
    ],
)
def test_which_products_bring_formulas_that_spill(products: str, version: str, expected: bool | None) -> None:
    assert spills(products, version) is expected


def test_where_click_to_run_names_no_platform_the_program_tells(registry: TrialRegistry, tmp_path: Path) -> None:
    click_to_run(registry, "O365HomePremRetail", bits="")
    registry.seed("HKLM", APP_PATHS, {"": str(program(tmp_path / "EXCEL.EXE", 0x8664))})
    found = excel_on_windows(registry)
    assert found is not None
    assert found.bits == 64


def test_office_without_excel_is_not_excel(registry: TrialRegistry) -> None:
    click_to_run(registry, "VisioProRetail,ProjectPro2021Volume")
    registry.seed("HKLM", APP_PATHS, {"": ""})
    assert excel_on_windows(registry) is None


def test_visio_by_click_to_run_beside_an_older_excel_by_msi(registry: TrialRegistry, tmp_path: Path) -> None:
    click_to_run(registry, "VisioProRetail")
    registry.seed("HKLM", APP_PATHS, {"": f'"{program(tmp_path / "EXCEL.EXE", 0x014C)}"'})
    registry.seed("HKLM", CURRENT, {"": "Excel.Application.16"})
    found = excel_on_windows(registry)
    assert found is not None
    assert (found.version, found.bits, found.edition, found.has_dynamic_arrays) == ("16.0", 32, "msi", False)


def test_click_to_run_of_2013(registry: TrialRegistry) -> None:
    registry.seed("HKLM", APP_PATHS, {"": "C:\\Program Files\\Microsoft Office 15\\root\\office15\\EXCEL.EXE"})
    registry.seed("HKLM", CURRENT, {"": "Excel.Application.15"})
    found = excel_on_windows(registry)
    assert found is not None
    assert (found.version, found.office, found.edition, found.bits) == ("15.0", "15.0", "click-to-run", None)


def test_excel_from_the_store(registry: TrialRegistry) -> None:
    name = "Microsoft.Office.Desktop.Excel_16051.11901.20218.0_x86__8wekyb3d8bbwe"
    folder = f"C:\\Program Files\\WindowsApps\\{name}"
    registry.seed("HKCU", rf"{PACKAGES}\Microsoft.Office.Desktop.Word_16051.11901.20218.0_x86__8wekyb3d8bbwe", {})
    registry.seed("HKCU", rf"{PACKAGES}\{name}", {"PackageRootFolder": folder})
    found = excel_on_windows(registry)
    assert found is not None
    assert (found.version, found.bits, found.edition, found.path) == ("16.0.11901.20218", 32, "store", folder)
    click_to_run(registry, "O365HomePremRetail")  # installed since then: the one that files open with
    other = excel_on_windows(registry)
    assert other is not None
    assert other.edition == "click-to-run"


def test_excel_from_the_store_by_its_path(registry: TrialRegistry) -> None:
    registry.seed("HKLM", APP_PATHS, {"": "C:\\Program Files\\WindowsApps\\Microsoft.Office.Desktop.Excel\\Office16\\EXCEL.EXE"})
    registry.seed("HKLM", CURRENT, {"": "Excel.Application.16"})
    found = excel_on_windows(registry)
    assert found is not None
    assert (found.edition, found.version) == ("store", "16.0")


def test_the_bits_of_a_program(tmp_path: Path) -> None:
    assert bits_of(program(tmp_path / "a.exe", 0x8664)) == 64
    assert bits_of(program(tmp_path / "b.exe", 0x014C)) == 32
    assert bits_of(program(tmp_path / "c.exe", 0x1234)) is None
    (tmp_path / "d.exe").write_bytes(b"MZ")
    assert bits_of(tmp_path / "d.exe") is None
    assert bits_of(tmp_path / "none.exe") is None
    if ON_WINDOWS:
        assert bits_of(Path(sys.executable)) == python_here().bits


def test_excel_on_a_mac(tmp_path: Path) -> None:
    assert excel_on_mac(tmp_path) is None
    contents = tmp_path / "Microsoft Excel.app" / "Contents"
    contents.mkdir(parents=True)
    (contents / "Info.plist").write_bytes(plistlib.dumps({"CFBundleShortVersionString": "16.89.1"}))
    found = excel_on_mac(tmp_path)
    assert found is not None
    assert (found.version, found.edition, found.has_dynamic_arrays) == ("16.89.1", "mac", None)
    (contents / "Info.plist").write_bytes(b"no property list")
    assert excel_on_mac(tmp_path) is None


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        (r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.12_3.12.2800.0_x64__qbz5n2kfra8p0", True),
        (r"C:\Users\홍 길동\AppData\Local\Programs\Python\Python312", False),
        (r"C:\WindowsAppsOfMine\Python", False),
        ("/usr", False),
    ],
)
def test_python_from_the_store(prefix: str, expected: bool) -> None:
    assert is_from_store(prefix) is expected


def test_this_python() -> None:
    found = python_here()
    assert found.version == platform.python_version()
    assert found.bits == (64 if sys.maxsize > 2**32 else 32)
    assert found.path.parent == Path(sys.executable).parent
    assert found.virtual is (sys.prefix != sys.base_prefix)
    assert not found.store


def test_this_machine() -> None:
    machine = machine_here()
    assert machine.system == ("windows" if ON_WINDOWS else "mac" if sys.platform == "darwin" else "other")
    assert (machine.registry is not None) is (machine.shortcuts is not None) is ON_WINDOWS
    assert machine.excel == excel_here()
    assert documents_folder() == documents_folder(machine) == machine.documents / "KIS"


@pytest.mark.skipif(ON_WINDOWS, reason="xlwings asks Windows for another home")
def test_xlwings_own_script_is_put_where_a_mac_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    machine_here().allow_scripts()
    (script,) = tmp_path.rglob("xlwings-*.applescript")
    assert script.parent == tmp_path / "Library" / "Application Scripts" / "com.microsoft.Excel"


def test_no_policies(registry: TrialRegistry) -> None:
    registry.seed("HKCU", SECURITY, {"VBAWarnings": 2})
    registry.seed("HKCU", rf"{POLICIES}\Common\Security\Trusted Locations", {"allow user locations": 1})
    assert macro_policies(registry) == []


@pytest.mark.parametrize(
    ("hive", "key", "name", "number", "blocks"),
    [
        ("HKCU", rf"{POLICIES}\Excel\Security", "VBAWarnings", 4, "untrusted"),
        ("HKLM", rf"{POLICIES}\excel\security", "vbawarnings", 3, "untrusted"),
        ("HKCU", r"Software\Policies\Microsoft\Cloud\Office\16.0\Excel\Security", "VBAWarnings", 4, "untrusted"),
        ("HKLM", rf"{POLICIES}\Common", "VBAOff", 1, "all"),
        ("HKCU", rf"{POLICIES}\Excel\Security\Trusted Locations", "AllLocationsDisabled", 1, "locations"),
        ("HKCU", rf"{POLICIES}\Excel\Security", "blockcontentexecutionfrominternet", 1, "downloads"),
    ],
)
def test_policies_of_an_administrator(registry: TrialRegistry, hive: str, key: str, name: str, number: int, blocks: str) -> None:
    registry.seed("HKLM" if hive == "HKLM" else "HKCU", key, {name: number})
    (found,) = macro_policies(registry)
    assert (found.blocks, found.by_administrator) == (blocks, True)
    assert found.name.casefold() == f"{name}={number}".casefold()
    assert bool(found.cure.en) is (blocks != "downloads")


@pytest.mark.parametrize(("key", "name", "number"), [(SECURITY, "VBAWarnings", 4), (LOCATIONS, "AllLocationsDisabled", 1)])
def test_what_the_user_has_set_can_be_changed_in_excel(registry: TrialRegistry, key: str, name: str, number: int) -> None:
    registry.seed("HKCU", key, {name: number})
    (found,) = macro_policies(registry)
    assert not found.by_administrator
    assert "Trust Center" in found.cure.en


def test_a_policy_overrules_the_user(registry: TrialRegistry) -> None:
    registry.seed("HKCU", SECURITY, {"VBAWarnings": 4})
    registry.seed("HKLM", rf"{POLICIES}\Excel\Security", {"VBAWarnings": 2})
    assert macro_policies(registry) == []


def test_policies_of_another_office_do_not_count(registry: TrialRegistry) -> None:
    registry.seed("HKCU", r"Software\Policies\Microsoft\Office\15.0\Excel\Security", {"VBAWarnings": 4})
    assert macro_policies(registry) == []
    assert [policy.blocks for policy in macro_policies(registry, "15.0")] == ["untrusted"]


@pytest.mark.skipif(ON_WINDOWS, reason="Windows has policies")
def test_other_systems_have_no_policies() -> None:
    assert macro_policies() == []


def test_the_registry_reads_what_it_has_written(registry: TrialRegistry) -> None:
    key = r"Software\우리 것\하나 둘"
    assert registry.write(key, {"Path": "C:\\문서\\KIS\\", "AllowSubfolders": 0}) in key
    assert registry.value("HKCU", key.upper(), "path") == "C:\\문서\\KIS\\"
    assert registry.value("HKCU", key, "AllowSubfolders") == 0
    assert registry.value("HKCU", key, "none") is None
    assert registry.subkeys("HKCU", r"Software\우리 것") == ["하나 둘"]
    assert registry.write(key, {"Path": "D:\\"}) == ""
    registry.remove(key, "")
    assert registry.subkeys("HKCU", r"Software\우리 것") == []
    registry.remove(key, "")  # gone already


@pytest.mark.skipif(not ON_WINDOWS, reason="there is a registry on Windows only")
def test_variables_in_the_registry_are_expanded(registry: TrialRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(registry, RegistryOfTest)
    monkeypatch.setenv("KIS_XL_TRIAL", "C:\\Office")
    with registry._winreg.CreateKey(*registry.place("HKLM", APP_PATHS)) as handle:
        registry._winreg.SetValueEx(handle, "", 0, registry._winreg.REG_EXPAND_SZ, "%KIS_XL_TRIAL%\\EXCEL.EXE")
        registry._winreg.SetValueEx(handle, "many", 0, registry._winreg.REG_MULTI_SZ, ["a", "b"])
    assert registry.value("HKLM", APP_PATHS, "") == "C:\\Office\\EXCEL.EXE"
    assert registry.value("HKLM", APP_PATHS, "many") is None


def test_what_a_workbook_says_of_itself(tmp_path: Path) -> None:
    shared, own = tmp_path / "공용.xlsm", tmp_path / "내 것.xlsm"
    shared.write_bytes(shared_workbook())
    facts = workbook_facts(shared)
    assert (facts.version, facts.language, facts.personal, facts.legacy, facts.interpreter) == (__version__, "ko", False, False, "")
    interpreter = tmp_path / "내 파이썬" / "bin" / "python"
    own.write_bytes(personal_workbook("en", legacy=True, interpreter=interpreter))
    facts = workbook_facts(own)
    assert (facts.language, facts.personal, facts.legacy, facts.interpreter) == ("en", True, True, str(interpreter))
    assert facts.xlwings
    use(own)
    assert workbook_facts(own) == facts


def test_an_interpreter_too_long_for_a_property_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsm"
    path.write_bytes(personal_workbook("en", interpreter=Path("/" + "a" * 300)))
    assert workbook_facts(path).interpreter == str(Path("/" + "a" * 254))


def test_a_workbook_of_somebody_else_is_none_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "book.xlsm"
    facts = facts_module.WorkbookFacts("0.1.0", "ko", personal=True, legacy=False)
    part = "docProps/custom.xml"
    own = personal_workbook("en", interpreter=Path("/python"))
    wrong = [b"", b"no archive", own[:1000]]
    for data in wrong:
        path.write_bytes(data)
        with pytest.raises(DataError, match="no workbook"):
            workbook_facts(path)
    for text in ("<broken", "<Properties/>", '<!DOCTYPE a [<!ENTITY b "c">]><Properties>&b;</Properties>', "x" * 2_000_000):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(part, text)
        with pytest.raises(DataError, match="no workbook"):
            workbook_facts(path)
    path.write_bytes(own)
    monkeypatch.setattr(facts_module, "LANGUAGES", ())
    with pytest.raises(DataError, match="no workbook"):
        workbook_facts(path)
    assert set(facts.properties()) == {"kis_xl_version", "kis_xl_edition", "kis_xl_language"}


def test_a_workbook_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be read"):
        workbook_facts(tmp_path / "none.xlsm")


def test_every_state_has_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = Outcome("x", "done", Text("통합 문서", "workbook"))
    assert outcome.line() == "[done] workbook"
    monkeypatch.setenv("KIS_XL_LANG", "ko")
    assert dataclasses.replace(outcome, cure=Text("여세요.", "Open it.")).line() == "[완료] 통합 문서 여세요."
    assert len({text.ko for text in STATES.values()}) == len({text.en for text in STATES.values()}) == len(STATES)
