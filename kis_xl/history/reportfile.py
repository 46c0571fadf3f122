"""A report file, read back into the balance that it was made of: any version's, in either language.

A report is found by its tables `Holdings`, `Account` and `Provenance`, its columns by their captions. It holds a masked
account number, so the account is the caller's; number, environment and server must be the account's. The query is the
report's own. The digest of the figures, the number of rows and each check must come out again: figures that somebody
changed are refused. Reports of version 0.1 have no digest; of them a change that no check tells cannot be seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal, localcontext
from pathlib import Path
from typing import Any, Final, TypeVar

from kis_xl import kst
from kis_xl.accounts import CHOOSABLE, Account, check_parameters
from kis_xl.digest import digest
from kis_xl.errors import AccountError, ArgumentError, DataError
from kis_xl.fields import HOLDING_FIELDS, SUMMARY_FIELDS, Environment, Field, Holding, Kind, Summary, by_key
from kis_xl.history.xlsx import Raw, Tables, read_tables
from kis_xl.language import Text
from kis_xl.models import Balance
from kis_xl.redaction import shown

Result = TypeVar("Result")

_TABLES: Final = ("Holdings", "Account", "Provenance")
#: What the names in the table Provenance are, in every version so far.
_FACTS: Final = {
    "as_of": ("조회 시각 (KST)", "as of (KST)"),
    "account": ("계좌", "account"),
    "name": ("계좌 이름", "account name"),
    "environment": ("환경", "environment"),
    "source": ("자료 출처", "data source"),
    "rows": ("보유 행 수", "rows"),
    "pages": ("페이지 수", "pages"),
    "made_by": ("만든 프로그램", "made by"),
    "digest": ("값의 확인용 해시 (다시 읽을 때 확인)", "digest of the figures (checked when they are read back)"),
}
#: What only a report over several accounts tells, in the second column: the first names the account of each row.
_COUNT: Final = ("계좌 수", "accounts")
#: What made the reports that have no digest yet, and the checks that it did not make.
_UNSEALED: Final = "kis_xl 0.1."
_LATER_CHECKS: Final = frozenset({"row_profits"})
_CHECK: Final = re.compile(r"(?:검산|check): (.+)")
_TWO_NUMBERS: Final = re.compile(r"\D*?(-?[0-9][0-9,]*)\D+?(-?[0-9][0-9,]*)\D*")
#: A spreadsheet program that saves a file again writes the binary fraction nearest to a number, in up to 17 digits.
_EXACT_DIGITS: Final = 15
_PRECISE: Final = Context(prec=100)


@dataclass(frozen=True)
class _Facts:
    """The table Provenance, by the names above; parameters by the API's names, checks by their captions."""

    about: Mapping[str, Raw]
    given: Mapping[str, Raw]

    def text(self, name: str) -> str:
        value = self.about.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> Decimal:
        value = self.about.get(name)
        if not isinstance(value, Decimal):
            raise _no_report()
        return value


def read_report(path: Path, account: Account) -> Balance:
    """The balance in the report at `path`, as one of `account`: its time to the second, its rows and totals exactly.

    Its parameters are those that it was asked with, which the account need not be asked with now. Raises DataError for a
    file that is no report, or one whose figures do not fit; AccountError for the report of another account, or of
    several; OutputError where it cannot be read.
    """
    tables = read_tables(path, _TABLES)
    if not all(name in tables.rows for name in _TABLES):
        raise _no_report()
    _check_one(tables.rows["Provenance"])
    facts = _facts(tables.rows["Provenance"])
    if not facts.text("made_by").startswith("kis_xl "):
        raise _no_report()
    _check_account(facts, account)
    parameters = _parameters(facts)
    as_of = _told(lambda: tables.moment(facts.number("as_of")), Text("조회 시각", "the time"))
    balance = Balance(
        account.number,
        facts.text("name"),
        account.environment,
        _korean(as_of),
        tuple(_holdings(tables)),
        _summary(tables),
        int(facts.number("pages")),
        parameters,
        host=account.host,
    )
    _check_figures(facts, balance)
    return balance


def _check_one(rows: Sequence[Sequence[Raw]]) -> None:
    """The report must be about one account."""
    if any(len(row) > 2 and row[1] in _COUNT for row in rows):  # of one account there are two columns
        raise AccountError(
            Text("모든 계좌를 모은 보고서라 가져오지 않습니다.", "a report over several accounts: import each account's own"),
            Text("`kis-xl export --all` 은 계좌마다 보고서를 만듭니다.", "`kis-xl export --all` writes a report of each account."),
        )


def _facts(rows: Sequence[Sequence[Raw]]) -> _Facts:
    given: dict[str, Raw] = {}
    for name, value, *_ in rows[1:]:
        if isinstance(name, str):
            given.setdefault(name, value)
    return _Facts({key: next((given[name] for name in names if name in given), None) for key, names in _FACTS.items()}, given)


def _check_account(facts: _Facts, account: Account) -> None:
    """The masked number, the environment and the server must be the account's: what is left to tell accounts apart by."""
    number = facts.text("account")
    if number != account.number.masked:
        raise AccountError(
            Text(f"다른 계좌의 보고서입니다: {shown(number)}", f"the report of another account: {shown(number)}"),
            Text(f"{account.name} 은(는) {account.number.masked} 입니다.", f"{account.name} is {account.number.masked}."),
        )
    environment = next((each for each in Environment if facts.text("environment").startswith(tuple(each.caption))), None)
    host = re.split(r"[,:] ", facts.text("source"))[-1]
    if environment is not account.environment or host != account.host:
        raise AccountError(
            Text(f"다른 환경이나 서버의 보고서입니다: {shown(host)}", f"the report of another environment or server: {shown(host)}"),
            Text(f"{account.name} 의 서버: {account.host}", f"The server of {account.name}: {account.host}"),
        )


def _parameters(facts: _Facts) -> dict[str, str]:
    """What the report was asked with: in its cells with what it means."""
    given = {key: str(value or "").partition(" (")[0].strip() for key, value in facts.given.items() if key in CHOOSABLE}
    try:
        return check_parameters(given)
    except ArgumentError as error:
        wrong = error.what
    raise DataError(wrong, Text("고친 적이 없는 원래 파일을 쓰세요.", "Use the file as it was written."))


def _holdings(tables: Tables) -> list[Holding]:
    header, *rows = tables.rows["Holdings"]
    places = []
    for field in HOLDING_FIELDS:
        found = [place for place, caption in enumerate(header) if caption in field.caption]
        if len(found) != 1:
            raise _no_report()
        places.append(found[0])
    return [
        Holding(*[_value(tables, field, row[place], number) for field, place in zip(HOLDING_FIELDS, places, strict=True)])
        for number, row in enumerate(rows, 2)
        if any(value is not None for value in row)  # a table of nothing has one blank row
    ]


def _summary(tables: Tables) -> Summary | None:
    fields = by_key(SUMMARY_FIELDS)
    given = {row[2]: (row[1], number) for number, row in enumerate(tables.rows["Account"], 1) if len(row) > 2 and row[2] in fields}
    if given.keys() != fields.keys():
        raise _no_report()
    if all(value is None for value, _ in given.values()):
        return None
    return Summary(*[_value(tables, field, *given[field.key]) for field in SUMMARY_FIELDS])


def _value(tables: Tables, field: Field, raw: Raw, row: int) -> Any:
    """What a cell was made of: the way back of `cells.cell`."""
    where = Text(f"{row}행 {field.ko}", f"row {row}, {field.en}")
    if field.kind.python_type is str:
        return _told(lambda: _text(raw), where)
    if field.kind is Kind.DATE:
        return None if raw is None else _told(lambda: tables.day(_number(raw)), where)
    number = _told(lambda: _settled(field, _number(raw)), where)
    return _told(lambda: _whole(number), where) if field.kind.python_type is int else number


def _text(raw: Raw) -> str:
    if isinstance(raw, Decimal):
        raise ValueError(raw)
    return raw or ""


def _number(raw: Raw) -> Decimal:
    if not isinstance(raw, Decimal):
        raise ValueError(raw)
    return raw


def _settled(field: Field, number: Decimal) -> Decimal:
    """The number that was written, in percent where the cell holds a fraction, with the decimals that the service prints."""
    shift = 2 if field.kind is Kind.PERCENT else 0
    with localcontext(_PRECISE):
        given = number.scaleb(shift)
        printed = given.quantize(Decimal(1).scaleb(-field.decimals))
        is_binary = len(number.as_tuple().digits) > _EXACT_DIGITS and float(printed.scaleb(-shift)) == float(number)
    return printed if printed == given or is_binary else given


def _whole(number: Decimal) -> int:
    if number != number.to_integral_value():
        raise ValueError(number)
    return int(number)


def _told(read: Callable[[], Result], where: Text) -> Result:
    """What `read` gives; a cell that holds something else is named, without what it holds."""
    try:
        return read()
    except (ValueError, ArithmeticError):
        pass
    raise DataError(
        Text(f"보고서의 값을 읽을 수 없습니다: {where.ko}", f"a value of the report cannot be read: {where.en}"),
        Text("고친 적이 없는 원래 파일을 쓰세요.", "Use the file as it was written."),
    )


def _korean(moment: datetime) -> datetime:
    return moment.replace(tzinfo=kst.KST)


def _check_figures(facts: _Facts, balance: Balance) -> None:
    """What the report says of itself must be so; a check that failed when it was made fails again in the same way."""
    if facts.number("rows") != len(balance.holdings):
        raise _changed(Text("보유 행 수", "the number of rows"))
    is_sealed = not facts.text("made_by").startswith(_UNSEALED)
    if is_sealed and facts.text("digest") != digest(balance):
        raise _changed(Text("값의 확인용 해시", "the digest of the figures"))
    said = {found[1]: str(value) for name, value in facts.given.items() if (found := _CHECK.fullmatch(name))}
    for check in balance.checks():
        told = next((said.pop(caption) for caption in check.caption if caption in said), "")
        if not told and (is_sealed or check.name in _LATER_CHECKS):  # of a version that made fewer checks
            continue
        numbers = _TWO_NUMBERS.fullmatch(told)
        if numbers is None or [int(number.replace(",", "")) for number in numbers.groups()] != [check.expected, check.actual]:
            raise _changed(check.caption)
    if said and not is_sealed:  # checks of totals that are no longer there
        raise _changed(Text(*[next(iter(said))] * 2))


def _changed(what: Text) -> DataError:
    return DataError(
        Text(f"보고서의 값이 검산과 맞지 않습니다: {what.ko}", f"the report's figures do not fit its own checks: {what.en}"),
        Text("고친 적이 없는 원래 파일을 쓰세요.", "Use the file as it was written."),
    )


def _no_report() -> DataError:
    return DataError(
        Text("kis_xl이 만든 한 계좌의 보고서가 아닙니다.", "not a report of kis_xl about one account"),
        Text("`kis-xl export` 가 만든 KIS_....xlsx 파일을 쓰세요.", "Use a KIS_....xlsx file that `kis-xl export` wrote."),
    )
