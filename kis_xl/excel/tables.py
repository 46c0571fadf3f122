"""What each function returns, from a snapshot and typed arguments. Rates are true fractions; the first row is the header."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

from kis_xl.errors import ArgumentError, DataError
from kis_xl.excel import arguments
from kis_xl.excel.arguments import ACCOUNT_PLACE, COLUMN_NAMES, HOLDING_NAMES
from kis_xl.excel.failures import cell as failed_cell
from kis_xl.excel.options import Options
from kis_xl.excel.session import Session
from kis_xl.excel.values import Cell, Grid, Row, of_text
from kis_xl.excel.view import Figures, Rows, Together, adds_up
from kis_xl.fields import (
    HOLDING_FIELDS,
    PARAMETERS,
    REQUEST_HEADERS,
    RESPONSE_BODY,
    RESPONSE_HEADERS,
    SUMMARY_FIELDS,
    Field,
)
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

#: The caption of captions.
ITEM: Final = Text("항목", "Item")
_KEY: Final = Text("API 항목", "API key")
#: The caption of what all accounts have together.
TOTAL: Final = Text("합계", "Total")


def _picked(rows: Sequence[Row], columns: tuple[int, ...]) -> Grid:
    if columns == tuple(range(len(HOLDING_FIELDS))):
        return [list(row) for row in rows]
    if len(columns) == 1:
        return [[row[columns[0]]] for row in rows]
    return list(map(list, map(itemgetter(*columns), rows)))


def holdings(figures: Figures, fields: tuple[int, ...], headers: int, options: Options, language: Language) -> Grid:
    """A row a holding. Without holdings there is the header row, or one blank row where none is wanted."""
    rows = figures.stocks if options.by_stock else figures.rows
    chosen = [COLUMN_NAMES.fields[place] for place in fields]
    grid: Grid = []
    if headers:
        grid.append([field.caption.in_(language) for field in chosen])
    if headers == 2:
        grid.append([field.key for field in chosen])
    places = rows.chosen(options)
    grid += _picked(_with_accounts(rows, places) if ACCOUNT_PLACE in fields else [rows.cells[place] for place in places], fields)
    return grid or [[""] * len(fields)]


def _with_accounts(rows: Rows, places: Sequence[int]) -> list[Row]:
    return [(*rows.cells[place], rows.accounts[place]) for place in places]


def totals(figures: Figures) -> Row:
    """The cells of the account's totals. DataError where the service has none."""
    if figures.summary is not None:
        return figures.summary
    if figures.lacking:
        names = ", ".join(figures.lacking)
        raise DataError(
            Text(
                f"서버가 보유종목은 주고 계좌 합계는 주지 않았습니다: {names}",
                f"the service gave holdings without the account's totals: {names}",
            ),
            Text("새로고침 하세요. 되풀이되면 로그 파일과 함께 알려 주세요.", "Refresh. If it happens again, report it with the log file."),
        )
    raise DataError(
        Text("서버가 계좌 합계를 주지 않았습니다 (빈 모의 계좌).", "the service gave no totals (an empty mock account)"),
        Text("보유종목이나 예수금이 생기면 나타납니다.", "They appear once the account holds something."),
    )


def summary(figures: Figures, fields: tuple[int, ...], headers: int, language: Language) -> Grid:
    """A row a field: its caption, its value and, with headers 2, its API key; with headers 0 the value alone."""
    cells = totals(figures)
    rows: Grid = []
    for place in fields:
        field = SUMMARY_FIELDS[place]
        whole: list[Cell] = [field.caption.in_(language), cells[place], field.key]
        rows.append([cells[place]] if headers == 0 else whole[: 1 + headers])
    return rows


def summary_of_each(accounts: Together, fields: tuple[int, ...], headers: int, language: Language) -> Grid:
    """A row a field and a column an account, then a column of the totals; captions, names and API keys as `headers` says.

    Blank are the cells of an account that the service has no totals for, and the total of what does not add up.
    """
    total = totals(accounts)
    columns = [part.summary or [""] * len(SUMMARY_FIELDS) for part in accounts.parts]
    rows: Grid = [[*(column[place] for column in columns), total[place]] for place in fields]
    if headers == 0:
        return rows
    names = [of_text(part.name) for part in accounts.parts]
    rows = [
        [ITEM.in_(language), *names, TOTAL.in_(language), _KEY.in_(language)],
        *([SUMMARY_FIELDS[place].caption.in_(language), *row, SUMMARY_FIELDS[place].key] for place, row in zip(fields, rows, strict=True)),
    ]
    return rows if headers == 2 else [row[:-1] for row in rows]


def one_total(figures: Figures, place: int) -> Cell:
    """One of the totals, of one account or of all. ArgumentError for what has no sum over accounts."""
    field = SUMMARY_FIELDS[place]
    if isinstance(figures, Together) and not adds_up(field):
        raise no_sum(field)
    return totals(figures)[place]


def no_sum(field: Field) -> ArgumentError:
    """What several accounts are asked for together does not add up."""
    return ArgumentError(
        Text(f"{field.key}({field.ko})은(는) 계좌를 합산할 수 없습니다.", f"{field.key} ({field.en}) does not add up over accounts"),
        Text("account 에 계좌 이름을 하나 지정하세요.", "Name one account."),
    )


def place_of(field: Any) -> int:
    """The place of the one field that KIS_VALUE is asked for, which has no default."""
    if arguments.is_blank(field):
        raise _no_field()
    return HOLDING_NAMES.place(field)


def value(figures: Figures, code: Any, place: int) -> Cell:
    """One field of one stock, all its rows joined. DataError where the stock is not held."""
    return _stock(figures, code)[place]


def _stock(figures: Figures, code: Any) -> Row:
    """The stock by its code as the user wrote it, or by its name. DataError where it is not held, ArgumentError for no code."""
    by_code = figures.by_code
    if type(code) is str and code in by_code:  # nearly always; the rest costs ten times as much
        return by_code[code]
    written = "" if code is None else arguments.as_text(code)
    named = figures.by_name.get(written)
    if named is not None:
        return named
    spellings = arguments.spellings(code)
    row = next((by_code[spelling] for spelling in spellings if spelling in by_code), None)
    if row is None:
        raise DataError(
            Text(f"보유하지 않은 종목입니다: {shown(spellings[0])}", f"the account does not hold {shown(spellings[0])}"),
            Text("종목코드를 확인하세요.", "Check the code."),
        )
    return row


def values_of(session: Session, figures: Figures, codes: arguments.Codes, fields: arguments.Codes) -> Grid:
    """A table of values: codes down and fields across, or the other way round where codes stand in a row or fields in a column.

    The result fits beside the ranges: a blank code or field gives blank cells, a code that is not held errors in its own
    cells only.
    """
    if all(map(arguments.is_blank, fields.values)):
        raise _no_field()
    places = [None if arguments.is_blank(field) else HOLDING_NAMES.place(field) for field in fields.values]
    table = [_values_of_one(session, figures, code, places) for code in codes.values]
    if (codes.is_row or codes.is_single) and not fields.is_row:
        return [list(column) for column in zip(*table, strict=True)]
    return table


def _values_of_one(session: Session, figures: Figures, code: Any, places: list[int | None]) -> list[Cell]:
    if arguments.is_blank(code):
        return [""] * len(places)
    try:
        row = _stock(figures, code)
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
