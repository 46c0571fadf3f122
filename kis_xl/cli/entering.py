"""Entering an account: question by question, tried at the service, and only then saved. What was right is not asked again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import click

from kis_xl import onboarding
from kis_xl.cli.asking import agree, choose, on_terminal, say, tell_error
from kis_xl.cli.doubts import tell_doubts
from kis_xl.cli.progress import page_progress
from kis_xl.cli.questions import ask_all, ask_corporation, ask_keys, ask_name, ask_number
from kis_xl.cli.table import show_table
from kis_xl.cli.telling import log_error
from kis_xl.configfile import ENV_ACCOUNT, check_name
from kis_xl.errors import (
    AccountError,
    AuthError,
    ConfigError,
    DataError,
    EnvironmentMismatch,
    KisError,
    OutputError,
    PermissionDenied,
)
from kis_xl.fields import Environment
from kis_xl.language import Text
from kis_xl.logs import audit, log_to
from kis_xl.models import Balance
from kis_xl.onboarding import Draft, Trials, other_than
from kis_xl.secretstore import CHOICES, FILE, SYSTEM
from kis_xl.settings import Settings

_FIRST_HOLDINGS = 5
_RETRY, _KEYS, _NUMBER, _CORPORATE, _UNCHECKED = "retry", "keys", "number", "corporate", "unchecked"
_WAYS = {
    _RETRY: Text("다시 시도", "try again"),
    _KEYS: Text("앱키를 다시 입력", "enter the keys again"),
    _NUMBER: Text("계좌번호를 다시 입력", "enter the account number again"),
    _CORPORATE: Text("법인 계좌의 항목을 입력", "enter a corporation's details"),
    _UNCHECKED: Text("확인하지 않고 저장", "save without the check"),
}
_WHAT_NOW = Text("어떻게 할까요? (그만두기: Ctrl-C)", "What now? (Ctrl-C stops)")


@dataclass(frozen=True)
class Wanted:
    """What the options of a command say of the account that is entered. Read by `entry_options`."""

    environment: str | None = None
    corporate: bool = False
    secrets: str = "auto"
    verify: bool = True


def entry_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that enters an account; they reach it as `wanted`."""

    @functools.wraps(command)
    def called(environment: str | None, corporate: bool, secrets: str, verify: bool, **given: Any) -> Any:
        return command(wanted=Wanted(environment, corporate, secrets, verify), **given)

    store = Text(
        "앱키를 둘 곳: 운영체제의 보안 저장소(system), 본인만 읽는 파일(file), 있는 쪽(auto, 기본)",
        "where the keys go: the system's store, a file for your eyes only, or what there is (auto, the default)",
    )
    options = (
        click.option("--env", "environment", type=click.Choice(["real", "mock"]), help=Text("실전 또는 모의", "real or mock").in_()),
        click.option("--corporate", is_flag=True, help=Text("법인 계좌", "a corporation's account").in_()),
        click.option("--secrets", type=click.Choice(CHOICES), default="auto", help=store.in_()),
        click.option(
            "--verify/--no-verify", default=True, help=Text("실제로 조회해 확인합니다 (기본)", "make a real call (default)").in_()
        ),
    )
    return functools.reduce(lambda decorated, option: option(decorated), reversed(options), called)


def enter(settings: Settings, name: str | None, wanted: Wanted, *, default: bool = False) -> str:
    """An account from the user's answers, or without a terminal from the environment variables; the name under which it is saved.

    Raises KisError, and click.Abort when the user stops; then nothing is left behind.
    """
    name, before = None if name is None else check_name(name), onboarding.entries(settings)
    onboarding.check_writable(settings.folder)
    log_to(settings.folder)  # which is there now
    onboarding.keys_go_to(settings, wanted.secrets)
    try:
        with Trials(settings) as trials:
            draft = _from_variables(settings, wanted.environment) or _asked(settings, wanted)
            draft, balance = _tried(draft, trials) if wanted.verify else (draft, None)
            saved = _saved(draft, name, wanted.secrets, default=default)
            trials.keep()
    except (click.Abort, KeyboardInterrupt):
        click.echo("", err=True)
        if onboarding.entries(settings) == before:
            say(Text("그만두었습니다. 아무것도 저장하지 않았습니다.", "Stopped. Nothing was saved."))
        else:
            say(Text("그만두었지만 계좌는 저장되었습니다: kis-xl accounts list", "Stopped, but the account is saved: kis-xl accounts list"))
        raise
    if balance is None:
        say(Text("확인하지 않고 저장했습니다. 확인하려면: kis-xl doctor", "It was saved without a check. To check: kis-xl doctor"))
    else:
        unsaved = onboarding.remember(replace(balance, name=saved), draft.account(saved), settings)
        if unsaved is not None:
            tell_error(unsaved)
            log_error(unsaved)
    return saved


def _from_variables(settings: Settings, environment: str | None) -> Draft | None:
    """The account of the environment variables, if it is wanted."""
    if not settings.has_variables:
        return None
    account = settings.account(ENV_ACCOUNT)
    kind = account.environment if environment is None else Environment.of(environment)
    draft = Draft(kind, account.number, account.appkey, account.appsecret, account.base_url, account.corporate, account.mac_address)
    question = Text(
        f"환경 변수에 계좌 {draft.number.masked} 가 있습니다. 그것을 저장할까요?",
        f"The environment variables hold the account {draft.number.masked}. Save that one?",
    )
    return draft if not on_terminal() or agree(question, default=True) else None


def _asked(settings: Settings, wanted: Wanted) -> Draft:
    if on_terminal():
        return ask_all(settings, wanted.environment, corporate=wanted.corporate)
    raise ConfigError(
        Text(
            "물어볼 터미널이 없고, 환경 변수에 계좌가 없습니다.",
            "there is no terminal to ask at, and no account in the environment variables",
        ),
        Text(
            "KIS_XL_ACCOUNT, KIS_XL_APPKEY, KIS_XL_APPSECRET 을 설정하고 다시 실행하세요.",
            "Set KIS_XL_ACCOUNT, KIS_XL_APPKEY and KIS_XL_APPSECRET and run it again.",
        ),
    )


def _tried(draft: Draft, trials: Trials) -> tuple[Draft, Balance | None]:
    """The draft as the service took it, and its balance; None where the user gives up on the check."""
    while True:
        say(
            Text(
                "확인하는 중입니다. (토큰은 1분에 한 번 발급되므로 최대 1분 걸릴 수 있습니다.)",
                "Checking. (One token a minute is issued: it can take up to a minute.)",
            )
        )
        try:
            with page_progress(draft.number.masked) as progress:
                balance = trials.balance(draft, progress)
        except KisError as error:
            if not on_terminal():
                raise
            # what to do about wrong keys is asked next
            tell_error(error, hint=isinstance(error, PermissionDenied) or not isinstance(error, AuthError | EnvironmentMismatch))
            log_error(error)
            failure = error
        else:
            _show(balance)
            return draft, balance
        mended = _mended(failure, draft)
        if mended is None:
            return draft, None
        draft = mended


def _show(balance: Balance) -> None:
    """The first holdings, so that the user sees that it is their account."""
    count = len(balance.holdings)
    if count > _FIRST_HOLDINGS:
        shown = Text(f"보유종목 {count}행 중 처음 {_FIRST_HOLDINGS}행입니다.", f"The first {_FIRST_HOLDINGS} of {count} holdings:")
    else:
        shown = Text(f"보유종목 {count}행", f"{count} holdings:") if count else Text("보유종목이 없습니다.", "There are no holdings.")
    say(Text(f"확인되었습니다. {shown.ko}", f"It works. {shown.en}"), bold=True)
    show_table(replace(balance, name=Text("계좌", "Account").in_()), balance.holdings[:_FIRST_HOLDINGS])
    tell_doubts(balance)


def _mended(error: KisError, draft: Draft) -> Draft | None:
    """The draft with what was wrong entered anew; None where it is to be saved as it is."""
    if isinstance(error, EnvironmentMismatch):
        other = other_than(draft.environment)
        if agree(Text(f"{other.caption.ko} 계좌로 바꾸어 다시 해 볼까요?", f"Try it as a {other.caption.en} account?"), default=True):
            return replace(draft, environment=other)
    ways = _ways(error)
    way = ways[0] if len(ways) == 1 else choose(_WHAT_NOW, {name: _WAYS[name] for name in ways}, ways[0])
    if way == _KEYS:
        appkey, appsecret = ask_keys()
        return replace(draft, appkey=appkey, appsecret=appsecret)
    if way == _NUMBER:
        return replace(draft, number=ask_number())
    if way == _CORPORATE:
        return replace(draft, corporate=ask_corporation())
    return None if way == _UNCHECKED else draft


def _ways(error: KisError) -> tuple[str, ...]:
    """What can help, the likeliest first; where there is one way only, it is not asked for."""
    if isinstance(error, PermissionDenied):
        return (_RETRY, _CORPORATE, _KEYS, _UNCHECKED)
    if isinstance(error, AuthError | EnvironmentMismatch):
        return (_KEYS,)
    if isinstance(error, AccountError):
        return (_NUMBER, _KEYS)
    if isinstance(error, ConfigError | DataError):
        return (_RETRY, _KEYS, _NUMBER, _UNCHECKED)
    return (_RETRY, _UNCHECKED)


def _saved(draft: Draft, name: str | None, secrets: str, *, default: bool) -> str:
    """Save the draft, after asking what is not known; its name."""
    while True:
        settings = Settings.load()  # another set-up may have saved one meanwhile
        old, certain = onboarding.registered(draft, settings)
        if not certain and not (on_terminal() and _is_the_same(old, draft)):
            old = None
        chosen = name or (_named(old, settings) if certain or old is None else old)
        first = default or onboarding.default_is_practice(settings)
        replaces = old is not None and old.casefold() == chosen.casefold()
        try:
            store = onboarding.save(draft, chosen, settings, secrets=secrets, replace=replaces, default=first)
        except KisError as error:
            if not on_terminal():
                raise
            tell_error(error)
            log_error(error)
            failure = error
        else:
            audit(settings.folder, "account entered again: %s" if replaces else "account added: %s", chosen)
            _tell_saved(chosen, draft, store.caption, settings, first=first)
            return chosen
        if isinstance(failure, AccountError):
            name = None
        else:
            secrets = _other_store(failure, settings, secrets)


def _is_the_same(old: str | None, draft: Draft) -> bool:
    """Whether the account whose keys cannot be read is the one that is entered: its user knows, nobody else does."""
    question = Text(
        f"「{old}」 계좌({draft.number.masked})의 앱키를 읽을 수 없습니다. 지금 입력한 계좌가 그 계좌입니까?",
        f"The keys of the account {old} ({draft.number.masked}) cannot be read. Is it the account that you have entered now?",
    )
    return agree(question, default=False)


def _named(old: str | None, settings: Settings) -> str:
    question = Text(f"이 계좌는 「{old}」 이름으로 등록되어 있습니다. 바꿀까요?", f"This account is there already, as {old}. Replace it?")
    if old is not None and (not on_terminal() or agree(question, default=True)):
        return old
    taken = {listed.name.casefold() for listed in settings.listed()}
    plain = Text("내 계좌", "my account").in_(settings.language)
    suggested = next(each for each in (plain, *(f"{plain} {count}" for count in range(2, 1000))) if each.casefold() not in taken)
    return ask_name(suggested, settings) if on_terminal() else suggested


def _other_store(error: KisError, settings: Settings, secrets: str) -> str:
    """Where to try to keep the keys next. click.Abort where the user gives up."""
    if isinstance(error, OutputError) or onboarding.keys_go_to(settings, secrets).kind != SYSTEM:
        if agree(Text("다시 시도할까요?", "Try again?"), default=True):
            return secrets
        raise click.Abort
    in_a_file = Text("본인만 읽는 파일에 저장 (암호화되지 않음)", "keep the keys in a file that only you can read (not encrypted)")
    return FILE if choose(_WHAT_NOW, {_RETRY: _WAYS[_RETRY], FILE: in_a_file}, _RETRY) == FILE else secrets


def _tell_saved(name: str, draft: Draft, store: Text, settings: Settings, *, first: bool) -> None:
    say(Text(f"저장했습니다: {name} ({draft.number.masked})", f"Saved: {name} ({draft.number.masked})"), bold=True)
    say(Text(f"앱키가 저장된 곳: {store.ko}", f"The keys are in: {store.en}"))
    if settings.has_variables:
        say(
            Text(
                f"환경 변수의 계좌 {ENV_ACCOUNT} 가 있는 동안은 그 계좌가 기본 계좌입니다.",
                f"While the environment variables are set, their account {ENV_ACCOUNT} is the default one.",
            )
        )
    elif first and settings.file.accounts:
        say(Text("이제 이 계좌가 기본 계좌입니다.", "It is the default account now."))
