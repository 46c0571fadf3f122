"""What the doctor finds: a verdict, in words what it is, and what to do about it.

`KNOWN` holds every finding there can be with the verdicts that it can have; a test provokes each of them. The part before
the dot is the group under which it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from kis_xl.errors import (
    AccountError,
    ArgumentError,
    AuthError,
    ConfigError,
    DataError,
    KisError,
    NetworkError,
    OutputError,
    RateLimitError,
)
from kis_xl.language import NO_TEXT, Text

#: `skip`: could not be looked at, or need not be.
Verdict = Literal["ok", "warn", "fail", "skip"]

GROUPS: Final[dict[str, Text]] = {
    "python": Text("Python과 패키지", "Python and packages"),
    "settings": Text("설정과 계좌", "Settings and accounts"),
    "folder": Text("데이터 폴더", "Data folder"),
    "network": Text("네트워크", "Network"),
    "service": Text("KIS 서버", "The service"),
    "runs": Text("최근 실행", "Last runs"),
    "log": Text("로그", "Log"),
    "excel": Text("Excel", "Excel"),
    "workbook": Text("통합 문서", "Workbook"),
}

KNOWN: Final[dict[str, frozenset[Verdict]]] = {
    "python.version": frozenset({"ok", "fail"}),
    "python.packages": frozenset({"ok", "warn", "fail"}),
    "python.command": frozenset({"ok", "warn"}),
    "python.encoding": frozenset({"ok", "warn"}),
    "python.excel": frozenset({"ok", "fail", "skip"}),
    "settings.variables": frozenset({"ok", "warn", "fail", "skip"}),
    "settings.file": frozenset({"ok", "fail", "skip"}),
    "settings.accounts": frozenset({"ok", "fail"}),
    "settings.secrets": frozenset({"ok", "fail", "skip"}),
    "settings.leftovers": frozenset({"warn"}),
    "folder.place": frozenset({"ok", "warn", "fail"}),
    "folder.writing": frozenset({"ok", "fail", "skip"}),
    "folder.space": frozenset({"ok", "warn", "fail", "skip"}),
    "folder.permissions": frozenset({"ok", "warn", "skip"}),
    "folder.locks": frozenset({"ok", "warn", "skip"}),
    "folder.history": frozenset({"ok", "fail", "skip"}),
    "network.proxy": frozenset({"ok", "fail"}),
    "network.dns": frozenset({"ok", "fail"}),
    "network.connection": frozenset({"ok", "fail"}),
    "network.tls": frozenset({"ok", "fail", "skip"}),
    "network.host": frozenset({"ok", "fail", "skip"}),
    "network.clock": frozenset({"ok", "warn", "fail", "skip"}),
    "service.token": frozenset({"ok", "warn"}),
    "service.limits": frozenset({"ok", "warn"}),
    "service.call": frozenset({"ok", "fail", "skip"}),
    "runs.snapshot": frozenset({"ok", "warn", "skip"}),
    "runs.schedule": frozenset({"ok", "warn", "fail", "skip"}),
    "runs.report": frozenset({"ok", "skip"}),
    "log.lines": frozenset({"ok", "warn", "skip"}),
    "log.rate": frozenset({"warn"}),
    "log.token": frozenset({"warn"}),
    "log.changed": frozenset({"warn"}),
    "excel.program": frozenset({"ok", "warn", "skip"}),
    "excel.macros": frozenset({"ok", "warn", "fail", "skip"}),
    "workbook.version": frozenset({"ok", "warn", "fail", "skip"}),
    "workbook.interpreter": frozenset({"ok", "warn", "fail"}),
    "workbook.xlwings": frozenset({"ok", "fail"}),
    "workbook.mark": frozenset({"ok", "warn"}),
    "workbook.place": frozenset({"ok", "warn"}),
}

#: For errors that come without advice of their own, by their code.
_ADVICE: Final[dict[str, Text]] = {
    ConfigError.code: Text("메시지에 나온 설정을 고치세요.", "Mend the setting that the message names."),
    ArgumentError.code: Text("메시지에 나온 값을 고치세요.", "Mend the value that the message names."),
    AccountError.code: Text("`kis-xl accounts list` 로 계좌를 확인하세요.", "See the accounts with `kis-xl accounts list`."),
    AuthError.code: Text("KIS Developers에서 앱키의 상태를 확인하세요.", "Check the state of the app key on KIS Developers."),
    RateLimitError.code: Text("잠시 후 다시 시도하세요.", "Try again in a while."),
    NetworkError.code: Text("인터넷 연결, 방화벽, 프록시를 확인하세요.", "Check the internet connection, the firewall and the proxy."),
    DataError.code: Text("잠시 후 다시 시도하고, 계속되면 kis_xl을 올리세요.", "Try again in a while; if it goes on, update kis_xl."),
    OutputError.code: Text("폴더의 권한과 남은 공간을 확인하세요.", "Check the folder's permissions and its free space."),
}


@dataclass(frozen=True)
class Whose:
    """An account as findings name it: by `name` on the user's own terminal, by `number` where others read it."""

    number: int
    name: str

    @property
    def public(self) -> Text:
        """What it is called where others read it."""
        return Text(f"계좌 {self.number}", f"account {self.number}")


@dataclass(frozen=True)
class Finding:
    """One finding. `cure` is there for `warn` and `fail`; `detail` is for programs.

    `code` is the error's, as in `errors`, for `fail`; INTERNAL is a check that has crashed. `private` is said on the user's own
    terminal only.
    """

    id: str
    verdict: Verdict
    what: Text
    cure: Text = NO_TEXT
    detail: Mapping[str, object] = field(default_factory=dict)
    code: str = ""
    exit_code: int = 0
    whose: Whose | None = None
    private: str = ""

    @property
    def group(self) -> str:
        """The key in `GROUPS`."""
        return self.id.partition(".")[0]


def ok(id: str, what: Text, **detail: object) -> Finding:
    """All is well."""
    return Finding(id, "ok", what, detail=detail)


def skipped(id: str, what: Text, **detail: object) -> Finding:
    """Not looked at; `what` says why."""
    return Finding(id, "skip", what, detail=detail)


def warned(id: str, what: Text, cure: Text, **detail: object) -> Finding:
    """It works, but may not always."""
    return Finding(id, "warn", what, cure, detail)


def failed(id: str, kind: type[KisError], what: Text, cure: Text, **detail: object) -> Finding:
    """It does not work; `kind` is the error that it leads to."""
    return Finding(id, "fail", what, cure, detail, kind.code, kind.exit_code)


def of_error(id: str, error: KisError, **detail: object) -> Finding:
    """A fault that was met, told and cured in its own words."""
    what = Text(error.message("ko"), error.message("en"))
    cure = error.hint if error.hint.en else _ADVICE.get(error.code, NO_TEXT)
    told = {**detail, **({"msg_cd": error.msg_cd} if error.msg_cd else {}), "code": error.code}
    return Finding(id, "fail", what, cure, told, error.code, error.exit_code)


def first_to_mend(findings: Iterable[Finding]) -> Finding | None:
    """What to mend first: the first that failed, else the first warning."""
    listed = list(findings)
    for verdict in ("fail", "warn"):
        for finding in listed:
            if finding.verdict == verdict:
                return finding
    return None


def exit_code(findings: Iterable[Finding]) -> int:
    """0 where nothing failed, otherwise that of the first failure; a crash of a check, 1, only where nothing else failed."""
    codes = [finding.exit_code for finding in findings if finding.verdict == "fail"]
    return next((code for code in codes if code != KisError.exit_code), codes[0] if codes else 0)
