"""What the workbook's button for checking says: one real call, and what the doctor would mend on this machine."""

from __future__ import annotations

from typing import Any, Final

from kis_xl.doctor import examine, take_up
from kis_xl.doctor.finding import Finding
from kis_xl.excel import macros, session
from kis_xl.language import Language, Text
from kis_xl.redaction import one_line, redact

_MOST: Final = 4
_LONGEST: Final = 900  # a message box of VBA shows about a thousand letters


@macros.macro
def check(account: Any = None) -> Any:
    """The answer of an authenticated call, then what is wrong with installation, settings and data folder, with its cure.

    The rest of the network is left to `kis-xl doctor` at a command prompt: it may take longer than Excel should stand still.
    """
    answer = macros.check(account)
    language = session.language()
    found = examine(take_up(offline=True))
    # what went wrong yesterday is no news to whoever presses a button today
    wrong = [finding for finding in found if finding.verdict in ("warn", "fail") and finding.group != "log"]
    if not wrong:
        return answer
    serious = sorted(wrong, key=lambda finding: finding.verdict != "fail")
    lines = [str(answer), "", *(_line(finding, language) for finding in serious[:_MOST])]
    if len(serious) > _MOST:
        lines.append(Text(f"… 외 {len(serious) - _MOST}개", f"… and {len(serious) - _MOST} more").in_(language))
    lines.append(Text("모든 점검: kis-xl doctor", "All checks: kis-xl doctor").in_(language))
    said = "\n".join(lines)
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"


def _line(finding: Finding, language: Language) -> str:
    whose = "" if finding.whose is None else f"{finding.whose.name}: "
    return f"• {one_line(redact(whose + finding.what.in_(language)))}\n  → {one_line(redact(finding.cure.in_(language)))}"
