"""Which account's history is meant, asked in which way, and of which days. An account that is set up no more still has its history."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import click

from kis_xl.accounts import Account, check_parameters
from kis_xl.cli.options import read_parameters
from kis_xl.errors import AccountError, ArgumentError, DataError
from kis_xl.history import AccountKey, History
from kis_xl.language import Text
from kis_xl.redaction import shown
from kis_xl.settings import Settings

_FEWEST_LETTERS = 4
#: What the histories are called that `others` finds.
OTHERS: Final = Text("다른 이력", "Other histories")


@dataclass(frozen=True)
class Whose:
    """An account with a history; `name` is its masked number where it is set up no more."""

    key: AccountKey
    name: str

    @classmethod
    def named(cls, name: str | None, settings: Settings, history: History, parameters: tuple[str, ...] = ()) -> Whose:
        """The account of that name, or the stored one of which these are the first letters; by default the default one.

        Where no account is set up and only one is stored, that one. `parameters` are what `--param` holds: how the account was
        asked where that was not as it is now. They come on top of the own ones of an account that is named as it is set up, and
        are all where it is named by its letters. Raises AccountError, ArgumentError.
        """
        chosen = check_parameters(read_parameters(parameters))
        if name is None:
            return cls._default(settings, history, chosen)
        if not settings.account_names():
            return cls._stored(name, history, chosen)
        try:
            account = settings.account(name)
        except AccountError as error:
            unknown = error
        else:
            return cls._of(account, chosen)
        if _matching(name, history.accounts()):
            return cls._stored(name, history, chosen)
        raise unknown

    @property
    def caption(self) -> Text:
        """The name, the masked number, the environment."""
        name = "" if self.name == self.key.masked else f"{self.name}  "
        return Text(f"{name}{self.key.caption.ko}", f"{name}{self.key.caption.en}")

    @classmethod
    def _default(cls, settings: Settings, history: History, chosen: Mapping[str, str]) -> Whose:
        if settings.account_names():
            return cls._of(settings.account(), chosen)
        stored = history.accounts()
        only = _only(stored, chosen)
        if only is not None:
            return cls(only, only.masked)
        if not stored:
            raise nothing_stored()
        raise AccountError(
            Text("어느 계좌인지 정하세요.", "several accounts are stored and none is set up"),
            with_options(Text("저장된 계좌", "Stored"), stored),
        )

    @classmethod
    def _stored(cls, name: str, history: History, chosen: Mapping[str, str]) -> Whose:
        stored = history.accounts()
        found = _matching(name, stored)
        only = _only(found, chosen)
        if only is not None:
            return cls(only, only.masked)
        if not stored:
            raise nothing_stored()
        raise AccountError(
            Text(
                f"이력에 이런 계좌가 없거나 하나가 아닙니다: {shown(name)}", f"no account of the history is {shown(name)}, or more than one"
            ),
            with_options(Text("저장된 계좌", "Stored"), found or stored),
        )

    @classmethod
    def _of(cls, account: Account, chosen: Mapping[str, str]) -> Whose:
        return cls(AccountKey.of(account, chosen), account.name)


def _matching(name: str, stored: list[AccountKey]) -> list[AccountKey]:
    """Those whose fingerprint begins so, or whose masked number it is."""
    wanted = name.strip().casefold()
    return [key for key in stored if wanted == key.masked or (len(wanted) >= _FEWEST_LETTERS and key.fingerprint.startswith(wanted))]


def _only(keys: list[AccountKey], chosen: Mapping[str, str]) -> AccountKey | None:
    """The one account of `keys`, asked as is chosen; without a choice as usual, or in the only way in which it was asked."""
    if len({key.fingerprint for key in keys}) != 1:
        return None
    if chosen:
        return keys[0].asked_with(chosen)
    return next((key for key in keys if not key.query), keys[0] if len(keys) == 1 else None)


def with_options(what: Text, stored: list[AccountKey]) -> Text:
    """Histories, each with the options that show it: an account that is named by its letters brings no parameters of its own."""
    options = [" ".join([f"--account {key.letters}", *(f"--param {each}" for each in key.query.split())]) for key in stored]
    listed = [key.caption for key in stored]
    return Text(
        f"{what.ko}: {'; '.join(f'{caption.ko}: {option}' for caption, option in zip(listed, options, strict=True))}",
        f"{what.en}: {'; '.join(f'{caption.en}: {option}' for caption, option in zip(listed, options, strict=True))}",
    )


def others(history: History, whose: Whose) -> list[AccountKey]:
    """The other histories. Without the account's usual one where its days, of which the query is not known, all count here, too."""
    found = [key for key in history.accounts() if (key.fingerprint, key.query) != (whose.key.fingerprint, whose.key.query)]
    usual = whose.key.asked_with({})
    counts_here = bool(whose.key.query) and all(day.query is None for day in history.overview(usual))
    return [key for key in found if not (counts_here and (key.fingerprint, key.query) == (usual.fingerprint, ""))]


def identity(key: AccountKey) -> dict[str, object]:
    """Whose figures a document holds, and how they were asked."""
    return {"account": key.masked, "environment": key.environment, "host": key.host, "query": key.query, "letters": key.letters}


def no_day(history: History, whose: Whose) -> DataError:
    """Nothing is stored of the period that was given, or of an account that is asked so; with what else there is."""
    days, other, where = history.days(whose.key), others(history, whose), whose.caption
    if days:
        return DataError(
            Text(f"이 기간에 저장된 날이 없습니다: {where.ko}", f"no day of this period is stored: {where.en}"),
            Text(f"저장된 날: {days[0]} ~ {days[-1]}", f"Stored days: {days[0]} to {days[-1]}"),
        )
    if not other:
        return nothing_stored()
    return DataError(Text(f"저장된 날이 없습니다: {where.ko}", f"no day is stored: {where.en}"), with_options(OTHERS, other))


def nothing_stored() -> DataError:
    """There is no history."""
    return DataError(
        Text("저장된 잔고가 없습니다.", "nothing is stored"),
        Text(
            "조회할 때마다 저장됩니다: `kis-xl balance`. 전에 만든 보고서는 `kis-xl history import` 로 저장합니다.",
            "Each fetch is stored: `kis-xl balance`. Reports that you have are stored by `kis-xl history import`.",
        ),
    )


@contextmanager
def opened(settings: Settings) -> Iterator[History]:
    """The history of the settings, let go afterwards."""
    history = History(settings.folder)
    try:
        yield history
    finally:
        history.close()


def account_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--account NAME|LETTERS`."""
    return click.option(
        "--account",
        "account_name",
        metavar="NAME",
        help=Text(
            "계좌 이름. 지운 계좌는 `history list` 가 보여 주는 글자",
            "the account's name; of one that is set up no more, the letters that `history list` shows",
        ).in_(),
    )


def query_option() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--param KEY=VALUE`: the history of fetches that were asked with it."""
    return click.option(
        "--param",
        "parameters",
        metavar="KEY=VALUE",
        multiple=True,
        help=Text(
            "계좌의 조회 조건에 이 파라미터를 더해 조회한 것의 이력",
            "of the fetches that were asked with this parameter, besides the account's own",
        ).in_(),
    )


def day_option(name: str, variable: str, help_text: Text) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option that takes a day."""

    def read(_: click.Context, __: click.Parameter, given: str | None) -> date | None:
        return None if given is None else read_day(given)

    return click.option(name, variable, metavar="DATE", callback=read, help=help_text.in_())


def period_options() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--from DATE` and `--to DATE`, both included."""
    first = day_option("--from", "start", Text("이 날부터", "from this day"))
    last = day_option("--to", "end", Text("이 날까지", "up to this day"))
    return lambda command: first(last(command))


def read_day(given: str) -> date:
    """`2026-11-23` or `20261123`; ArgumentError for anything else."""
    plain = re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})", given.strip(), re.ASCII)
    try:
        if plain:
            return date(*map(int, plain.groups()))
    except ValueError:
        pass
    raise ArgumentError(
        Text(f"날짜가 아닙니다: {shown(given)}", f"not a date: {shown(given)}"),
        Text("2026-11-23 처럼 적으세요.", "Write it as 2026-11-23."),
    )


def minute(moment: datetime) -> str:
    """A time as a person reads it; KST."""
    return f"{moment:%Y-%m-%d %H:%M}"
