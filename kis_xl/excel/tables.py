"""What each function returns, from a snapshot and typed arguments. Rates are true fractions; the first row is the header."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any, Final

from kis_xl.changes import CHANGE_FIELDS, changes, values
from kis_xl.errors import ArgumentError, DataError
from kis_xl.excel import arguments
from kis_xl.excel.arguments import HOLDING_NAMES, SUMMARY_NAMES
from kis_xl.excel.failures import cell as failed_cell
from kis_xl.excel.options import Options
from kis_xl.excel.session import Session
from kis_xl.excel.values import Cell, Grid, Row, of_any, of_field, of_text
from kis_xl.excel.view import View
from kis_xl.fields import (
    HOLDING_FIELDS,
    PARAMETERS,
    REQUEST_HEADERS,
    RESPONSE_BODY,
    RESPONSE_HEADERS,
    SUMMARY_FIELDS,
    Field,
)
from kis_xl.history import AccountKey
from kis_xl.language import Language, Text
from kis_xl.redaction import shown

#: What `KIS_FIELDS(table)` takes: the fields, and the names by which they are asked for.
TABLES: Final[tuple[tuple[Text, tuple[Field, ...], tuple[str, ...]], ...]] = (
    (Text("보유종목", "Holdings"), HOLDING_FIELDS, ("output1",)),
    (Text("계좌", "Account"), SUMMARY_FIELDS, ("output2", "summary", "합계")),
    (Text("요청 헤더", "Request headers"), REQUEST_HEADERS, ("request_headers", "headers")),
    (Text("요청 파라미터", "Parameters"), PARAMETERS, ("request_parameters", "query")),
    (Text("응답 헤더", "Response headers"), RESPONSE_HEADERS, ("response_headers",)),
    (Text("응답 본문", "Response body"), RESPONSE_BODY, ("response_body", "body")),
)


def _picked(rows: Sequence[Row], columns: tuple[int, ...]) -> Grid:
    if columns == tuple(range(len(HOLDING_FIELDS))):
        return [list(row) for row in rows]
    if len(columns) == 1:
        return [[row[columns[0]]] for row in rows]
    return list(map(list, map(itemgetter(*columns), rows)))


def holdings(view: View, fields: tuple[int, ...], headers: int, options: Options, language: Language) -> Grid:
    """A row a holding. An account without holdings gives the header row, or one blank row where none is wanted."""
    rows = view.stocks if options.by_stock else view.rows
    chosen = [HOLDING_FIELDS[place] for place in fields]
    grid: Grid = []
    if headers:
        grid.append([field.caption.in_(language) for field in chosen])
    if headers == 2:
        grid.append([field.key for field in chosen])
    grid += _picked([rows.cells[place] for place in rows.chosen(options)], fields)
    return grid or [[""] * len(fields)]


def summary(view: View, fields: tuple[int, ...], headers: int, language: Language) -> Grid:
    """A row a field: its caption, its value and, with headers 2, its API key; with headers 0 the value alone."""
    cells = view.summary
    if cells is None:
        raise DataError(
            Text("서버가 계좌 합계를 주지 않았습니다 (빈 모의 계좌).", "the service gave no totals (an empty mock account)"),
            Text("보유종목이나 예수금이 생기면 나타납니다.", "They appear once the account holds something."),
        )
    rows: Grid = []
    for place in fields:
        field = SUMMARY_FIELDS[place]
        whole: list[Cell] = [field.caption.in_(language), cells[place], field.key]
        rows.append([cells[place]] if headers == 0 else whole[: 1 + headers])
    return rows


def place_of(field: Any) -> int:
    """The place of the one field that KIS_VALUE is asked for, which has no default."""
    if arguments.is_blank(field):
        raise _no_field()
    return HOLDING_NAMES.place(field)


def value(view: View, code: Any, place: int) -> Cell:
    """One field of one stock, all its rows joined. DataError where the stock is not held."""
    return _stock(view, code)[place]


def _stock(view: View, code: Any) -> Row:
    """The stock by its code as the user wrote it, or by its name. DataError where it is not held, ArgumentError for no code."""
    if type(code) is str and code in view.by_code:  # nearly always; the rest costs ten times as much
        return view.by_code[code]
    written = "" if code is None else arguments.as_text(code)
    named = view.by_name.get(written)
    if named is not None:
        return named
    spellings = arguments.spellings(code)
    row = next((view.by_code[spelling] for spelling in spellings if spelling in view.by_code), None)
    if row is None:
        raise DataError(
            Text(f"보유하지 않은 종목입니다: {shown(spellings[0])}", f"the account does not hold {shown(spellings[0])}"),
            Text("종목코드를 확인하세요.", "Check the code."),
        )
    return row


def values_of(session: Session, view: View, codes: arguments.Codes, fields: arguments.Codes) -> Grid:
    """A table of values: codes down and fields across, or the other way round where codes stand in a row or fields in a column.

    The result fits beside the ranges: a blank code or field gives blank cells, a code that is not held errors in its own
    cells only.
    """
    if all(map(arguments.is_blank, fields.values)):
        raise _no_field()
    places = [None if arguments.is_blank(field) else HOLDING_NAMES.place(field) for field in fields.values]
    table = [_values_of_one(session, view, code, places) for code in codes.values]
    if (codes.is_row or codes.is_single) and not fields.is_row:
        return [list(column) for column in zip(*table, strict=True)]
    return table


def _values_of_one(session: Session, view: View, code: Any, places: list[int | None]) -> list[Cell]:
    if arguments.is_blank(code):
        return [""] * len(places)
    try:
        row = _stock(view, code)
    except (ArgumentError, DataError) as error:
        session.failed(error)
        return ["" if place is None else failed_cell(error, session.language) for place in places]
    return ["" if place is None else row[place] for place in places]


def _no_field() -> ArgumentError:
    return ArgumentError(
        Text("field: 항목을 지정하세요.", "field is missing"), Text("예: evlu_amt 또는 평가금액", "For instance evlu_amt or Valuation.")
    )


def legend(table: str, language: Language) -> Grid:
    """Every field of a table of the API document; of holdings and account for "", of all tables for `all`."""
    wanted = table.casefold().replace(" ", "")
    chosen = [entry for entry in TABLES if _is_called(entry, wanted)]
    if not wanted:
        chosen = list(TABLES[:2])
    elif wanted in ("all", "전체"):
        chosen = list(TABLES)
    if not chosen:
        names = ", ".join(name.in_(language) for name, _, _ in TABLES)
        raise ArgumentError(
            Text(f"table: 쓸 수 없는 값입니다: {shown(table)}", f"table cannot be {shown(table)}"),
            Text(f"쓸 수 있는 값: {names}, 전체", f"Allowed: {names}, all"),
        )
    captions = ("API 항목", "한글명", "영문명", "형식", "단위", "설명", "구분")
    english = ("API key", "Korean", "English", "Type", "Unit", "Note", "Table")
    grid: Grid = [list(captions if language == "ko" else english)]
    for name, fields, _ in chosen:
        grid += [_legend_row(field, name, language) for field in fields]
    return grid


def _is_called(entry: tuple[Text, tuple[Field, ...], tuple[str, ...]], wanted: str) -> bool:
    names = (entry[0].ko, entry[0].en, *entry[2])
    return wanted in (name.casefold().replace(" ", "") for name in names)


def _legend_row(field: Field, table: Text, language: Language) -> list[Cell]:
    choices = "; ".join(f"{key or '-'}: {meaning.in_(language)}" for key, meaning in field.choices.items())
    note = " · ".join(part for part in (field.note.in_(language), choices) if part)
    kind = field.kind
    texts = (field.key, field.ko, field.en, kind.caption.in_(language), kind.unit.in_(language), note, table.in_(language))
    return [of_text(part) for part in texts]


def accounts(session: Session) -> Grid:
    """Names, masked numbers, environments and which is the default."""
    language = session.language
    captions = ("계좌 이름", "계좌번호", "환경", "기본") if language == "ko" else ("Name", "Account", "Environment", "Default")
    grid: Grid = [list(captions)]
    grid += [
        [of_text(listed.name), listed.masked, listed.environment.caption.in_(language), listed.default]
        for listed in session.settings.listed()
    ]
    return grid


def series(session: Session, account: Any, field: str, start: date | None, end: date | None) -> Grid:
    """Date and value of each stored day. `field` is an account's, or `CODE:field` for one stock."""
    code, _, name = field.rpartition(":")
    names = HOLDING_NAMES if code else SUMMARY_NAMES
    chosen = names.fields[names.place(name.strip() or ("evlu_amt" if code else "tot_evlu_amt"))]
    stocks = arguments.spellings(code) if code else (None,)
    if start and end and start > end:
        raise ArgumentError(Text("start 가 end 보다 뒤입니다.", "start lies after end"), Text("두 날짜를 바꾸세요.", "Swap them."))
    key = AccountKey.of(session.key(account).account)
    stored = (session.history.series(key, chosen, start, end, stock) for stock in stocks)
    rows: Grid = [[of_any(day), of_field(chosen, found)] for day, found in next(filter(None, stored), [])]
    if not rows:
        raise DataError(
            Text("이 기간에 저장된 날이 없습니다.", "no day is stored in this period"),
            Text("조회할 때마다 그날의 잔고가 저장됩니다.", "Each day's balance is stored when it is fetched."),
        )
    return [[Text("일자", "Date").in_(session.language), chosen.caption.in_(session.language)], *rows]


def since(session: Session, account: Any, start: date | None) -> Grid:
    """Per stock what it was then (the last stored balance up to `start`, by default of the previous day) and is now."""
    view = session.view(account)
    today = view.balance.as_of.date()
    key = AccountKey.of(view.balance)
    before = [day for day in session.history.days(key) if day < today]
    if start is not None and start >= today:
        raise ArgumentError(
            Text(f"since: {start} 은(는) 비교할 과거가 아닙니다.", f"since: {start} is not before the balance that is shown"),
            Text(f"{today} 보다 앞선 날짜를 쓰세요.", f"Use a date before {today}."),
        )
    wanted = start or (before[-1] if before else None)
    stored = session.history.on_or_before(key, wanted) if wanted else None
    if stored is None:
        raise DataError(
            Text("비교할 이전 날이 저장되어 있지 않습니다.", "no earlier day is stored to compare with"),
            Text("내일부터 표시됩니다.", "It is shown from tomorrow on."),
        )
    grid: Grid = [[_dated(field, stored.as_of, session.language) for field in CHANGE_FIELDS]]
    for change in changes(stored.holdings, view.balance.holdings):
        cells = zip(CHANGE_FIELDS, values(change, session.language), strict=True)
        grid.append([of_field(field, found) for field, found in cells])
    if len(grid) == 1:
        grid.append([""] * len(CHANGE_FIELDS))
    return grid


def _dated(field: Field, then: datetime, language: Language) -> str:
    """The caption; of a column of then with the day that it is of, which may be an earlier one than was asked for."""
    caption = field.caption.in_(language)
    return f"{caption} ({then:%m-%d})" if field.key.endswith("_then") else caption
