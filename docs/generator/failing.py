"""What each function answers when something is wrong: tried out, not asserted."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from docs.generator.formulas import parse
from docs.generator.trial import steady, trial
from kis_xl.errors import KisError
from kis_xl.excel import failures
from kis_xl.excel.registry import FUNCTIONS, Registered
from kis_xl.language import Text

_ALWAYS = 999
#: A value that an argument cannot have, by the argument's name.
_WRONG: dict[str, Any] = {
    "account": "nobody",
    "fields": "evlu_amnt",
    "field": "evlu_amnt",
    "headers": 7.0,
    "options": "colour=red",
    "code": "???",
    "table": "nothing",
    "start": "soon",
    "end": "soon",
    "since": "soon",
}
#: What arguments without a default are given when something else is wrong.
_RIGHT: dict[str, Any] = {"code": "005930", "field": "evlu_amt"}


@dataclass(frozen=True)
class Situation:
    """Something that is wrong outside the formula: faults of the service, or settings."""

    says: Text
    faults: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    stored: bool = True


_NO_ACCOUNT = dict.fromkeys(("KIS_XL_ACCOUNT", "KIS_XL_APPKEY", "KIS_XL_APPSECRET"), "")
_SITUATIONS = (
    Situation(Text("설정된 계좌가 없음", "no account is set up"), settings=_NO_ACCOUNT),
    Situation(Text("설정이 잘못됨", "a setting is wrong"), settings={"KIS_XL_ENV": "paper"}),
    Situation(Text("앱키가 틀림", "the app key is wrong"), (f"token@1x{_ALWAYS}=EGW00103",)),
    Situation(Text("앱키에 권한이 없음", "the app key may not do this"), (f"1x{_ALWAYS}=EGW00206",)),
    Situation(Text("계좌번호가 앱키와 맞지 않음", "the account number is not that of the app key"), (f"1x{_ALWAYS}=OPSQ2000",)),
    Situation(Text("너무 자주 호출함", "too many calls"), (f"1x{_ALWAYS}=EGW00201",)),
    Situation(Text("연결이 끊김", "the connection breaks"), (f"1x{_ALWAYS}=reset",)),
    Situation(Text("KIS 서버 장애", "the server has a fault"), (f"1x{_ALWAYS}=http:503",)),
    Situation(Text("이해할 수 없는 응답", "an answer that cannot be understood"), (f"1x{_ALWAYS}=bad_field:thdt_buyqty=abc",)),
    Situation(Text("저장된 이전 날이 없음", "no earlier day is stored"), stored=False),
)

#: Formulas with arguments that are right one by one, and wrong together or for this account.
_FORMULAS = (
    ('=KIS_VALUE("999999","evlu_amt")', Text("보유하지 않은 종목", "the stock is not held")),
    ('=KIS_VALUE("005930","")', Text("항목을 비움", "no field")),
    ('=KIS_HOLDINGS(,,,"top=0")', Text("options 의 값이 잘못됨", "an option has a wrong value")),
    ('=KIS_HOLDINGS(,,,"INQR_DVSN=3")', Text("조회 파라미터의 값이 잘못됨", "a query parameter has a wrong value")),
    ('=KIS_HISTORY(,"2026-11-23","2026-11-01")', Text("start 가 end 보다 뒤", "start lies after end")),
    ('=KIS_HISTORY(,"2020-01-01","2020-12-31")', Text("그 기간에 저장된 날이 없음", "no day is stored in that period")),
    ('=KIS_CHANGES("2026-11-23")', Text("since 가 오늘이거나 이후", "since is today or later")),
)


@dataclass(frozen=True)
class Failure:
    """When a function fails, what its cell shows, and what it says then."""

    when: Text
    shows: str
    code: str
    what: Text
    hint: Text


def failures_of(name: str) -> list[Failure]:
    """What is wrong with the arguments first, then what is wrong outside; nothing twice."""
    found: dict[tuple[str, str], Failure] = {}
    for failure in (*_of_arguments(FUNCTIONS[name]), *_of_situations(name)):
        found.setdefault((failure.code, failure.what.en), failure)
    return list(found.values())


def _of_arguments(entry: Registered) -> Iterator[Failure]:
    with trial(alone=True) as home:
        required = _required(entry)
        for argument in entry.arguments:
            when = Text(f"`{argument.name}` 이(가) 잘못됨", f"`{argument.name}` is wrong")
            yield from _tried(entry.name, when, home, **(required | {argument.name: _WRONG[argument.name]}))
        for formula, when in _FORMULAS:
            name, given = parse(formula)
            if name == entry.name:
                named = dict(zip(inspect.signature(entry.call).parameters, given, strict=False))
                yield from _tried(name, when, home, **named)


def _of_situations(name: str) -> Iterator[Failure]:
    for situation in _SITUATIONS:
        with trial(alone=True, stored=situation.stored, faults=situation.faults, settings=situation.settings) as home:
            yield from _tried(name, situation.says, home, **_required(FUNCTIONS[name]))


def _required(entry: Registered) -> dict[str, Any]:
    parameters = inspect.signature(entry.call).parameters.values()
    return {each.name: _RIGHT[each.name] for each in parameters if each.default is each.empty}


def _tried(name: str, when: Text, home: Path, **given: Any) -> Iterator[Failure]:
    function: Any = FUNCTIONS[name].call
    try:
        function.__wrapped__(**given)  # what it raises, before it becomes the text of a cell
    except KisError as error:
        code = failures.code_of(error)
        shows = "#VALUE!" if code in failures.ARGUMENT_CODES else "#N/A"
        what = Text(*(steady(error.message(language), home) for language in ("ko", "en")))
        yield Failure(when, shows, code, what, error.hint)
