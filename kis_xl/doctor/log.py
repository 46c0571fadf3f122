"""The log of today and yesterday: how many errors, and the faults in it whose cure is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from kis_xl import kst
from kis_xl.doctor.case import Case
from kis_xl.doctor.finding import Finding, ok, skipped, warned
from kis_xl.errors import ArgumentError
from kis_xl.language import Text
from kis_xl.redaction import redact

_LINE: Final = re.compile(r"(\S+) (ERROR|WARNING|CRITICAL|INFO|DEBUG) (\d+) (\S+) (.*)")
_CODE: Final = re.compile(r"\b(?:[A-Z]{3,4}\d{4,5}|HTTP \d{3})\b")
_LARGEST: Final = 4_000_000  # the end of a larger file is looked at
_SHOWN: Final = 200
#: The logger of the command line, and what it says of a command that was typed wrongly.
_SLIP: Final = ("kis_xl.cli", f"{ArgumentError.code}: ")


@dataclass(frozen=True)
class _Known:
    """A fault that shows in the log, and its cure."""

    id: str
    sign: re.Pattern[str]
    what: Text
    cure: Text


_FAULTS: Final = (
    _Known(
        "log.rate",
        re.compile(r"EGW00201|EGW00215"),
        Text("초당 호출 한도에 걸렸습니다 (EGW00201)", "calls were refused for their number (EGW00201)"),
        Text(
            "같은 앱키를 쓰는 다른 프로그램을 멈추세요. 발급 3일 이내의 앱키라면 KIS_XL_RATE=3 (설정 파일에서는 "
            "calls_per_second = 3) 으로 두세요.",
            "Stop other programs that use the same app key. For a key younger than 3 days set KIS_XL_RATE=3 (in the configuration file "
            "calls_per_second = 3).",
        ),
    ),
    _Known(
        "log.token",
        re.compile(r"EGW00133|EGW0012[123]|one a minute is issued"),
        Text("접근토큰이 거절되었거나 1분을 기다렸습니다 (EGW00133, EGW00123)", "tokens were refused or waited for (EGW00133, EGW00123)"),
        Text(
            "다른 프로그램이나 다른 PC가 같은 앱키로 토큰을 받거나 폐기합니다: 하나만 쓰거나 앱키를 따로 발급받으세요.",
            "Another program or PC gets or revokes tokens with the same app key: use one of them, or an app key for each.",
        ),
    ),
    _Known(
        "log.changed",
        re.compile(r"SYDB0050|data changed between pages"),
        Text("조회하는 동안 잔고가 바뀌었습니다 (SYDB0050)", "the balance changed while it was read (SYDB0050)"),
        Text(
            "체결이나 정산 시간대에 생깁니다. 계속 실패하면 장이 끝난 뒤 조회하세요.",
            "This happens while orders are filled or settled. If fetches keep failing, fetch after the close.",
        ),
    ),
)


def log(case: Case) -> Iterator[Finding]:
    """Errors and warnings, then the known faults among them."""
    id, folder = "log.lines", case.folder.path / "logs"
    today = kst.now().date()
    paths = [folder / f"kis_xl-{day:%Y-%m-%d}.log" for day in (today - timedelta(days=1), today)]
    there = [path for path in paths if path.is_file()]
    if not there:
        yield skipped(id, Text("어제와 오늘의 로그가 없습니다.", "there is no log of yesterday and today"))
        return
    lines = [found for path in there for found in map(_LINE.fullmatch, _lines(path)) if found]
    errors = [found for found in lines if found[2] in ("ERROR", "CRITICAL") and not _is_slip(found)]
    warnings = [found for found in lines if found[2] == "WARNING"]
    yield _counted(id, there[-1], errors, warnings)
    for fault in _FAULTS:
        count = sum(bool(fault.sign.search(found[5])) for found in lines)
        if count:
            what = Text(f"{fault.what.ko}: {count}번", f"{fault.what.en}: {count} times")
            yield warned(fault.id, what, fault.cure, count=count)


def _counted(id: str, path: Path, errors: list[re.Match[str]], warnings: list[re.Match[str]]) -> Finding:
    detail: dict[str, object] = {"path": str(path), "errors": len(errors), "warnings": len(warnings)}
    what = Text(
        f"어제와 오늘의 로그: 오류 {len(errors)}개, 경고 {len(warnings)}개: {path}",
        f"log of yesterday and today: {len(errors)} errors, {len(warnings)} warnings: {path}",
    )
    last = (errors or warnings)[-1] if errors or warnings else None
    if last is None:
        return ok(id, what, **detail)
    # a line may name an account or a file: what it says is for the user's own eyes
    detail["last"] = {"at": last[1], "level": last[2], "logger": last[4], "codes": _CODE.findall(last[5])}
    said = redact(f"{last[1]} {last[2]} {last[5]}")[:_SHOWN]
    if not errors:
        return replace(ok(id, what, **detail), private=said)
    cure = Text(
        "마지막 오류를 보고, 위의 점검에서 고칠 것이 없으면 무시해도 됩니다.",
        "Look at the last error; if nothing else here is wrong, it has passed.",
    )
    return replace(warned(id, what, cure, **detail), private=said)


def _is_slip(line: re.Match[str]) -> bool:
    """Whether somebody typed a command wrongly: they were told at once, and nothing is out of order."""
    logger, begin = _SLIP
    return line[4] == logger and line[5].startswith(begin)


def _lines(path: Path) -> list[str]:
    """The lines of a log, of a very large one its end; none where it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LARGEST))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []
