"""`kis-xl doctor`: the whole chain, link by link, and what to mend."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click
from rich.console import Console
from rich.markup import escape

from kis_xl import __version__, kst
from kis_xl.cli.options import account_option
from kis_xl.configfile import ALL
from kis_xl.doctor import Case, Finding, examine, exit_code, first_to_mend, take_up
from kis_xl.doctor.finding import GROUPS, Verdict, Whose
from kis_xl.doctor.public import Public
from kis_xl.fields import Environment
from kis_xl.language import Text, current
from kis_xl.redaction import one_line, redact

_NO_WIDTH: Final = 1_000
_MARKS: Final[dict[Verdict, tuple[Text, str]]] = {
    "ok": (Text("정상", "ok  "), "green"),
    "warn": (Text("주의", "warn"), "yellow"),
    "fail": (Text("실패", "FAIL"), "bold red"),
    "skip": (Text("생략", "skip"), "dim"),
}


@click.command(
    help=Text(
        "처음부터 끝까지 점검하고 고칠 것을 알려 줍니다: Python, 설정, 데이터 폴더, 네트워크, KIS 서버, 최근 실행, Excel. "
        "접근토큰이 없으면 하나를 받습니다.",
        "Check the whole chain and say what to mend: Python, settings, data folder, network, the service, last runs, Excel. Where there "
        "is no token, one is issued.",
    ).in_()
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help=Text(
        "JSON으로. 공개된 곳에 붙여도 됩니다: 키와 암호, 계좌·사용자·컴퓨터·프록시와 KIS 밖의 서버의 이름, IP 주소, 전화번호, "
        "8자리 이상의 숫자, 경로(마지막 부분 제외)를 가립니다",
        "as JSON, to be pasted in public. It hides keys and passwords, the names of accounts, user, machine, proxy and servers other "
        "than KIS's, IP addresses, phone numbers, numbers of 8 digits and more, and of paths all but the last part",
    ).in_(),
)
@click.option("--offline", is_flag=True, help=Text("네트워크를 쓰지 않습니다", "use no network").in_())
@account_option()
def doctor(account_name: str | None, *, as_json: bool, offline: bool) -> int:
    """Look at everything; 0 where nothing failed, otherwise the exit code of the first failure."""
    case = take_up(offline=offline, account=None if account_name == ALL else account_name)
    if as_json:
        findings = list(examine(case))
        click.echo(_json(case, findings))
    else:
        findings = _show(examine(case))
    return exit_code(findings)


def _json(case: Case, findings: Sequence[Finding]) -> str:
    """Everything, with nothing that tells whose machine or account it is."""
    places = {case.folder.path: "<data>", Path(sys.executable).parent: "<python>"}
    ours = {environment.host for environment in Environment}
    hosts = {urlsplit(each.host).hostname or "" for each in case.accounts if each.host not in ours}
    public = Public([each.whose for each in case.accounts], case.names, current(), places=places, hosts=hosts)
    first = first_to_mend(findings)
    document = {
        "kis_xl": __version__,
        "at": kst.now().isoformat(timespec="seconds"),
        "findings": [_entry(finding, public) for finding in findings],
        "first": None if first is None else first.id,
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _entry(finding: Finding, public: Public) -> dict[str, object]:
    whose = {} if finding.whose is None else {"account": finding.whose.number}
    return {
        "id": finding.id,
        "verdict": finding.verdict,
        "what": public.text(finding.what.in_()),
        "cure": public.text(finding.cure.in_()),
        "detail": {**whose, **public.value(finding.detail)},
    }


def _show(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding as it is made, on standard output; then the one thing to do first."""
    # a file or a pipe has no width: nothing is broken into lines
    console = Console(highlight=False) if sys.stdout.isatty() else Console(width=_NO_WIDTH, no_color=True, highlight=False)
    shown: list[Finding] = []
    for finding in findings:
        if not shown or shown[-1].group != finding.group:
            console.print(f"[bold]{escape(GROUPS[finding.group].in_())}[/]")
        _show_one(console, finding)
        shown.append(finding)
    _sum_up(console, shown)
    return shown


def _show_one(console: Console, finding: Finding) -> None:
    mark, style = _MARKS[finding.verdict]
    what = f"{_of(finding.whose)}{finding.what.in_()}{f' [{finding.private}]' if finding.private else ''}"
    console.print(f"  [{style}]{mark.in_()}[/]  {escape(_said(what))}", soft_wrap=True)
    if finding.cure.in_():
        console.print(f"        → {escape(_said(finding.cure.in_()))}", soft_wrap=True)


def _sum_up(console: Console, shown: Sequence[Finding]) -> None:
    counts = Counter(finding.verdict for finding in shown)
    parts = (f"{_MARKS[verdict][0].in_().strip()} {counts[verdict]}" for verdict in _MARKS if counts[verdict])
    console.print(f"\n{' · '.join(parts)}", soft_wrap=True)
    first = first_to_mend(shown)
    if first is None:
        console.print(Text("모두 정상입니다.", "All is well.").in_())
        return
    caption = Text("먼저 할 일", "First").in_()
    console.print(f"[bold]{caption}: {escape(_said(_of(first.whose) + first.cure.in_()))}[/]", soft_wrap=True)


def _of(whose: Whose | None) -> str:
    return "" if whose is None else f"{whose.name}: "


def _said(text: str) -> str:
    return one_line(redact(text))
