"""The first steps: can Excel start this Python, and which Excel is it?"""

from __future__ import annotations

from kis_xl.errors import ConfigError
from kis_xl.excel.interpreter import check_reachable, xlwings_dll
from kis_xl.installation.excel import Excel
from kis_xl.installation.machine import Machine
from kis_xl.installation.outcomes import Outcome
from kis_xl.language import Text

_GET_EXCEL = Text(
    "Microsoft 365 또는 Office를 microsoft365.com 에서 설치하세요. 통합 문서는 미리 준비해 둡니다.",
    "Install Microsoft 365 or Office from microsoft365.com. The workbook is made in advance.",
)


def check_python(machine: Machine) -> Outcome:
    """Whether Excel can start this Python. Raises ConfigError where it cannot: then no workbook would work."""
    python = machine.python
    if machine.system == "windows":
        if python.store:
            raise ConfigError(
                Text(
                    f"Microsoft Store의 Python입니다. Excel이 시작할 수 없습니다: {python.path}",
                    f"this Python comes from the Microsoft Store, and Excel cannot start it: {python.path}",
                ),
                Text(
                    "python.org 에서 Python을 설치하고, 그 Python으로 kis-xl 을 다시 설치하세요.",
                    "Install Python from python.org, and kis-xl anew with that Python.",
                ),
            )
        check_reachable(python.path, machine.code_page)
        _check_dll(machine)
    kind = Text(" (가상 환경)", " (a virtual environment)") if python.virtual else Text("", "")
    said = f"Python {python.version}"
    return Outcome(
        "python",
        "ok",
        Text(f"{said}, {python.bits}비트{kind.ko}: {python.path}", f"{said}, {python.bits}-bit{kind.en}: {python.path}"),
    )


def _check_dll(machine: Machine) -> None:
    bits = machine.excel.bits if machine.excel is not None else None
    if bits is None or xlwings_dll(machine.python.path, bits) is not None:
        return
    raise ConfigError(
        Text(
            f"설치된 xlwings의 {bits}비트 Excel용 DLL이 없습니다: {machine.python.path.parent}",
            f"the DLL of the installed xlwings for a {bits}-bit Excel is missing beside {machine.python.path}",
        ),
        Text(
            "Excel을 닫고 다시 설치하세요: python -m pip install --force-reinstall xlwings",
            "Close Excel and install it again: python -m pip install --force-reinstall xlwings",
        ),
    )


def check_excel(machine: Machine) -> Outcome:
    """Which Excel is here, and what that means."""
    if machine.system == "other":
        return _nowhere()
    if machine.excel is None:
        return Outcome("excel", "warned", Text("Excel을 찾지 못했습니다.", "Excel was not found on this machine."), _GET_EXCEL)
    return _on_mac(machine.excel) if machine.system == "mac" else _on_windows(machine.excel)


def _nowhere() -> Outcome:
    return Outcome(
        "excel",
        "warned",
        Text(
            "이 시스템에는 Excel이 없습니다. LibreOffice는 이 통합 문서의 함수를 계산하지 않습니다.",
            "There is no Excel for this system, and LibreOffice does not compute the workbook's functions.",
        ),
        Text(
            "`kis-xl export` 의 보고서는 여기서도 열립니다. 함수와 단추는 Windows의 Excel에서 쓰세요.",
            "Reports of kis-xl export open here too. Use functions and buttons in Excel on Windows.",
        ),
    )


def _on_mac(excel: Excel) -> Outcome:
    return Outcome(
        "excel",
        "warned",
        Text(
            f"Mac용 Excel {excel.version}: 수식은 계산되지 않고, 단추가 같은 표를 값으로 적습니다.",
            f"Excel {excel.version} for Mac: formulas are not computed there; the buttons write the same tables as values.",
        ),
        Text("수식은 Windows의 Excel에서 쓰세요.", "Use formulas in Excel on Windows."),
    )


def _on_windows(excel: Excel) -> Outcome:
    if excel.edition == "store":
        return Outcome(
            "excel",
            "warned",
            Text(
                f"Microsoft Store의 Excel {excel.version}: xlwings가 이 Excel에서 Python을 시작하지 못해 함수가 계산되지 않습니다.",
                f"Excel {excel.version} from the Microsoft Store: xlwings cannot start Python from it, so functions do not compute.",
            ),
            Text(
                "이 Office를 제거하고 microsoft365.com 의 설치 프로그램으로 다시 설치하세요.",
                "Remove this Office and install it again with the installer from microsoft365.com.",
            ),
        )
    bits = "" if excel.bits is None else f", {excel.bits}"
    kind = "Click-to-Run" if excel.edition == "click-to-run" else "MSI"
    old = Text("", "")
    if excel.has_dynamic_arrays is False:
        old = Text(
            "; 펼쳐지는 수식이 없어 고정된 범위의 통합 문서를 씁니다", "; its formulas do not spill, so the workbook has fixed ranges"
        )
    return Outcome(
        "excel",
        "ok",
        Text(
            f"Excel {excel.version}{bits and bits + '비트'} ({kind}){old.ko}",
            f"Excel {excel.version}{bits and bits + '-bit'} ({kind}){old.en}",
        ),
    )
