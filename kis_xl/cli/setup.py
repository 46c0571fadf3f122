"""`kis-xl setup`: from nothing to a workbook with one's own figures, step by step. It can be run again at any time."""

from __future__ import annotations

from collections.abc import Callable

import click

from kis_xl import installation, onboarding, schedule
from kis_xl.cli.asking import agree, choose, on_terminal, say, tell_error
from kis_xl.cli.entering import Wanted, enter, entry_options
from kis_xl.cli.fetching import fetch
from kis_xl.cli.install import check
from kis_xl.cli.table import show_table
from kis_xl.cli.telling import log_error
from kis_xl.configedit import ConfigEditor
from kis_xl.configfile import check_name
from kis_xl.errors import KisError
from kis_xl.language import LANGUAGES, Text, prefer
from kis_xl.logs import audit
from kis_xl.redaction import one_line
from kis_xl.settings import Settings

_ADD, _GO_ON = "add", "go on"
_PRACTICE = Text("연습", "practice")
_FIRST_HOLDINGS = 5


@click.command(
    help=Text(
        "처음 설정: 계좌를 등록하고 실제로 조회해 확인한 뒤, 통합 문서와 예약을 만듭니다. 다시 실행해도 됩니다. "
        "터미널이 없으면 환경 변수의 계좌를 저장합니다.",
        "First set-up: enter an account, see that it works, make the workbook and the schedule. It can be run again. "
        "Without a terminal the account of the environment variables is saved.",
    ).in_()
)
@click.option("--demo", is_flag=True, help=Text("키 없이 해 보는 연습 계좌", "a practice account, with no keys").in_())
@click.option("--name", metavar=Text("이름", "NAME").in_(), help=Text("계좌의 이름", "the account's name").in_())
@entry_options
@click.option("--workbook/--no-workbook", default=None, help=Text("Excel 통합 문서를 만듭니다", "make the Excel workbook").in_())
@click.option("--schedule/--no-schedule", "every_day", default=None, help=Text("날마다 보고서를 만듭니다", "a report every day").in_())
@click.option(
    "--lang", "language", type=click.Choice(LANGUAGES), help=Text("이 뒤로 모든 것의 언어", "the language of everything from now on").in_()
)
def setup(demo: bool, name: str | None, wanted: Wanted, workbook: bool | None, every_day: bool | None, language: str | None) -> int:
    """Run the conversation; the exit code of the first step that failed after the account was saved."""
    if language is not None:
        prefer("en" if language == "en" else "ko")
    settings = Settings.load()
    if demo:
        _practise(settings, name)
    elif name is not None or wanted != Wanted() or _is_asked_for(settings, only_the_rest=bool(workbook or every_day)):
        enter(settings, name, wanted)
    try:
        return _the_rest(workbook, every_day, language)
    except (click.Abort, KeyboardInterrupt):
        click.echo("", err=True)
        say(Text("계좌는 저장되어 있습니다. 나머지는 언제든지: kis-xl setup", "The account is saved. For the rest, any time: kis-xl setup"))
        raise


def _is_asked_for(settings: Settings, *, only_the_rest: bool) -> bool:
    """Whether an account is to be entered."""
    if not settings.file.accounts:
        return True
    if not on_terminal():
        return settings.has_variables or not only_the_rest
    names = ", ".join(listed.name for listed in settings.listed())
    choices = {
        _ADD: Text("계좌를 추가하거나 앱키를 다시 입력", "add an account, or enter keys again"),
        _GO_ON: Text("통합 문서와 예약만", "only the workbook and the schedule"),
    }
    return choose(Text(f"등록된 계좌: {names}. 무엇을 할까요?", f"Accounts: {names}. What now?"), choices, _ADD) == _ADD


def _practise(settings: Settings, name: str | None) -> None:
    """Make a practice account, or show the one that is there."""
    onboarding.check_writable(settings.folder)
    there = next((listed.name for listed in settings.listed() if listed.practice), _PRACTICE.in_(settings.language))
    account = onboarding.save_practice(there if name is None else check_name(name), settings)
    if account.name not in settings.file.accounts:
        audit(settings.folder, "practice account added: %s", account.name)
    say(Text(f"연습 계좌가 준비되었습니다: {account.name}", f"The practice account is ready: {account.name}"), bold=True)
    say(
        Text(
            "잔고는 이 컴퓨터의 시뮬레이터가 지어낸 것이며 KIS의 자료가 아닙니다.",
            "Its figures are made up by a simulator on this machine; they do not come from KIS.",
        )
    )
    balance = fetch(settings, account, {})
    show_table(balance, balance.holdings[:_FIRST_HOLDINGS])


def _the_rest(workbook: bool | None, every_day: bool | None, language: str | None) -> int:
    settings = Settings.load()
    if language is not None:
        ConfigEditor(settings.folder).set_preference("language", language)
        settings = Settings.load()
    code = 0
    if _wanted(workbook, Text("Excel 통합 문서를 만들까요?", "Make the Excel workbook?")):
        code = _step(lambda: _install(settings))
    question = Text("거래일마다 장 마감 뒤에 보고서를 만들도록 예약할까요?", "Schedule a report after the close of every trading day?")
    if _wanted(every_day, question, default=False):
        code = _step(lambda: _schedule(settings)) or code
    if code:
        say(
            Text(
                "계좌는 저장되어 있습니다. 위의 문제를 고친 뒤 다시: kis-xl setup",
                "The account is saved. When what is said above is mended: kis-xl setup",
            )
        )
    else:
        say(Text("끝났습니다. 이제 쓸 수 있는 명령:", "Done. What you can do now:"), bold=True)
        say(Text("  kis-xl balance  잔고 보기", "  kis-xl balance  show the balance"))
        say(Text("  kis-xl export   보고서(.xlsx) 만들기", "  kis-xl export   write the report (.xlsx)"))
        say(Text("  kis-xl doctor   점검", "  kis-xl doctor   check that all is well"))
    return code


def _wanted(flag: bool | None, question: Text, *, default: bool = True) -> bool:
    if flag is not None:
        return flag
    return on_terminal() and agree(question, default=default)


def _step(step: Callable[[], None]) -> int:
    """A step that cannot be done here does not undo what was set up, nor keep from the next one. Its exit code."""
    try:
        step()
    except KisError as error:
        tell_error(error)
        log_error(error)
        return error.exit_code
    return 0


def _install(settings: Settings) -> None:
    def ask(question: Text) -> bool:
        return agree(question, default=False)

    def tell(outcome: installation.Outcome) -> None:
        line = one_line(outcome.line())
        say(Text(line, line))

    check(installation.install(settings, tell=tell, ask=ask if on_terminal() else None))


def _schedule(settings: Settings) -> None:
    planned = schedule.install(settings)
    when = "-" if planned.next is None else f"{planned.next:%Y-%m-%d %H:%M} KST"
    say(Text(f"예약했습니다 ({planned.scheduler.ko}). 다음 실행: {when}", f"Scheduled ({planned.scheduler.en}). Next run: {when}"))
    for note in planned.notes:
        say(note)
