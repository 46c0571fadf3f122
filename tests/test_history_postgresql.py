"""The history on a server: how it is reached, what it refuses, and that no password is shown."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kis_xl.datafolder import DataFolder
from kis_xl.errors import ConfigError, DataError, KisError, NetworkError, OutputError
from kis_xl.history import History, database
from kis_xl.history import postgresql as postgresql_backend
from kis_xl.history.place import Server, without_password
from kis_xl.redaction import HIDDEN, redact
from kis_xl.settings import Settings
from kis_xl.snapshots import Key, Snapshots
from tests.history_kit import DAY, KEY, account, at, balance, demo, sql, worth
from tests.postgresql_kit import PASSWORD, PostgreSQL

# addresses

LOCAL = [
    "postgresql://kis@localhost/kis",
    "postgresql://kis@127.0.0.1:5433/kis",
    "postgresql://kis@[::1]:5433/kis",
    "postgresql:///kis",
    "postgresql://kis@/kis?host=/run/postgresql",
    "postgresql://kis@%2Frun%2Fpostgresql/kis",
    "postgres://kis@localhost,127.0.0.1/kis",
    "postgresql+psycopg://kis@localhost/kis",
]
ELSEWHERE = [
    "postgresql://kis@db.example.com/kis",
    "postgresql://kis@localhost,db.example.com/kis",
    "postgresql://kis@/kis?host=db.example.com",
    "postgresql://kis@localhost/kis?hostaddr=203.0.113.9",
    "postgresql://?service=kis",
    "postgresql://kis@[2001:db8::1]/kis",
]
WRONG = [
    "", " ", "kis", "mysql://kis@db/kis", "http://db/kis", "postgresql://", "postgresql:", "postgresql://[::1/kis", "postgresql://a b/kis",
    "postgresql://kis@db/kis#part", "sqlite:///kis.sqlite", "postgresql://kis:secret-word@db/kis\nx",
]  # fmt: skip


@pytest.mark.parametrize(("url", "local"), [(url, True) for url in LOCAL] + [(url, False) for url in ELSEWHERE])
def test_addresses_are_postgresqls_own(url: str, local: bool) -> None:
    assert Server.parse(url).is_local is local
    assert Server.parse(url).url.startswith("postgresql://")
    assert without_password(url) == url


@pytest.mark.parametrize("url", WRONG)
def test_what_is_no_address_is_told_without_repeating_it(url: str) -> None:
    for read in (Server.parse, without_password):
        with pytest.raises(ConfigError, match="PostgreSQL") as caught:
            read(url)
        assert "secret-word" not in str(caught.value)
        assert "postgresql://kis@db.example.com/kis" in caught.value.hint.en


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://kis:s3cret%2Fword@db/kis",
        "postgresql://kis@db/kis?password=s3cret%2Fword",
        "postgresql://db/kis?sslpassword=s3cret%2Fword",
    ],
)
def test_a_password_is_in_no_text(url: str) -> None:
    server = Server.parse(url)
    error = KisError(server_text := _both(f"{url} s3cret/word"))
    assert "s3cret" in server_text.en
    for shown in (repr(server), server.shown, str(error), repr(DataFolder(Path("x"), url)), History(url).place):
        assert "s3cret" not in shown
    with pytest.raises(ConfigError, match="holds no password") as caught:
        without_password(url)
    assert "KIS_XL_HISTORY_URL" in caught.value.hint.en


def _both(text: str) -> Any:
    from kis_xl.language import Text  # noqa: PLC0415

    return Text(text, text)


def test_the_variable_goes_before_the_file(home: Path) -> None:
    home.mkdir()
    file = home / "config.toml"
    file.write_text('history = "postgresql://kis@db.example.com/kis"\n', encoding="utf-8")
    environment = {"KIS_XL_HOME": str(home)}
    assert Settings.load(environment).folder.history == "postgresql://kis@db.example.com/kis"
    both = Settings.load(environment | {"KIS_XL_HISTORY_URL": "postgresql://kis:pass-word@other/kis"})
    assert both.folder.history == "postgresql://kis:pass-word@other/kis"
    assert "pass-word" not in repr(both)
    file.write_text("", encoding="utf-8")
    assert Settings.load(environment).folder.history == ""
    assert History(Settings.load(environment).folder).place == str(home / "history" / "history.sqlite")


@pytest.mark.parametrize(
    ("line", "said"), [("mysql://kis:pass-word@db/kis", "not the address"), ("postgresql://kis:pass-word@db/kis", "holds no password")]
)
def test_a_wrong_address_is_told_by_its_place(home: Path, line: str, said: str) -> None:
    home.mkdir()
    (home / "config.toml").write_text(f'language = "en"\nhistory = "{line}"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.toml, line 2, history") as caught:
        Settings.load({"KIS_XL_HOME": str(home)})
    assert said in str(caught.value)
    assert "pass-word" not in "".join(traceback.format_exception(caught.value))
    if "mysql" in line:
        with pytest.raises(ConfigError, match="KIS_XL_HISTORY_URL: not the address"):
            Settings.load({"KIS_XL_HISTORY_URL": line})


def test_an_address_that_cannot_be_read_at_all_is_a_secret_as_a_whole() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load({"KIS_XL_HISTORY_URL": "postgresql://kis:pass-word@[::1/kis"})
    assert "pass-word" not in str(caught.value)
    assert redact("postgresql://kis:pass-word@[::1/kis") == HIDDEN


@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        (ELSEWHERE[0], {}, "require"),
        (LOCAL[0], {}, None),
        (f"{ELSEWHERE[0]}?sslmode=verify-full", {}, None),
        (f"{ELSEWHERE[0]}?sslmode=disable", {}, None),
        (ELSEWHERE[0], {"PGSSLMODE": "verify-full"}, None),
        ("postgresql://?service=kis", {}, None),
    ],
)
def test_figures_leave_this_machine_encrypted(
    url: str, environment: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg  # noqa: PLC0415 (an extra)

    given: dict[str, object] = {}

    def connect(address: str, **more: object) -> None:
        given.update(more, address=address)
        raise psycopg.OperationalError("no")

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(psycopg, "connect", connect)
    with pytest.raises(NetworkError):
        History(url).days(KEY)
    assert given["address"] == url
    assert given.get("sslmode") == expected
    assert given["connect_timeout"] == "10"


# without a server


def test_without_the_driver_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match="needs psycopg") as caught:
        History(LOCAL[0]).days(KEY)
    assert 'pip install ".[postgres]"' in caught.value.hint.en
    assert caught.value.__context__ is None


def told(kind: type[KisError], history: History, *parts: str) -> KisError:
    """The error of that very kind, for every question: without password, figures or the libraries' own errors."""
    for act in (lambda: history.store(balance(at(21))), lambda: history.days(KEY), lambda: history.on_or_before(KEY, DAY)):
        with pytest.raises(KisError) as caught:
            act()
        error = caught.value
        assert type(error) is kind, error
        assert error.__cause__ is error.__context__ is None
        for part in parts:
            assert part in str(error)
        assert PASSWORD not in "".join(traceback.format_exception(error))
        assert all((*error.what, *error.hint))
    return error


def test_a_server_that_is_not_there_is_told() -> None:
    with closing(History("postgresql://kis:pass-word@127.0.0.1:1/kis")) as history:
        error = told(NetworkError, history, "postgresql://kis@127.0.0.1:1/kis", "refused")
    assert "pass-word" not in str(error.__dict__)


def test_a_server_that_is_not_there_is_not_asked_by_every_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg  # noqa: PLC0415 (an extra)

    asked: list[str] = []

    def connect(address: str, **_: object) -> None:
        asked.append(address)
        raise psycopg.OperationalError("timeout expired")

    monkeypatch.setattr(psycopg, "connect", connect)
    with closing(History(LOCAL[0])) as history:
        told(NetworkError, history, "timeout expired")
        assert len(asked) == 1
        monkeypatch.setattr(postgresql_backend, "PAUSE", 0.0)
        history.close()  # a new start asks anew
        told(NetworkError, history, "timeout expired")
        assert len(asked) == 4


# with one


@pytest.fixture
def history(postgresql: PostgreSQL) -> Iterator[History]:
    with closing(History(postgresql.new())) as opened:
        yield opened


def test_by_password_over_tcp(postgresql: PostgreSQL) -> None:
    postgresql.run("CREATE DATABASE by_password")
    with closing(History(postgresql.by_loopback(database="by_password"))) as history:
        assert history.store(balance()) is True
        assert history.days(KEY) == [DAY]


def test_a_wrong_password_and_an_unknown_database_are_told(postgresql: PostgreSQL) -> None:
    with closing(History(postgresql.by_loopback("another pass-word"))) as history:
        told(NetworkError, history, "password authentication failed")
    with closing(History(postgresql.by_loopback(database="nowhere"))) as history:
        told(NetworkError, history, "nowhere", "does not exist")


def test_an_address_with_what_the_library_does_not_know_is_told(postgresql: PostgreSQL) -> None:
    with closing(History(postgresql.address(colour="blue"))) as history:
        told(ConfigError, history, "colour")


def test_a_database_of_another_encoding_is_refused(postgresql: PostgreSQL) -> None:
    postgresql.run("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    with closing(History(postgresql.address("latin"))) as history:
        with pytest.raises(ConfigError, match="not in UTF-8"):
            history.store(balance())
        assert history.days(KEY) == []


def test_who_may_not_write_is_told_and_may_read(postgresql: PostgreSQL, history: History) -> None:
    history.store(balance())
    address = history._server.url if history._server else ""
    schema = sql(address, "SELECT current_schema()")[0][0]
    sql(address, "DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    sql(address, f"GRANT USAGE ON SCHEMA {schema} TO reader", f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader")
    with closing(History(address.replace("kis@", "reader@"))) as theirs:
        assert theirs.days(KEY) == [DAY]
        with pytest.raises(ConfigError, match="permission denied") as caught:
            theirs.store(balance(at(21)))
    assert "10010135" not in str(caught.value)


def test_a_standby_server_is_read_only(history: History) -> None:
    history.store(balance())
    address = history._server.url if history._server else ""
    with closing(History(address.replace("options=", "options=-cdefault_transaction_read_only%3Don%20"))) as theirs:
        assert theirs.days(KEY) == [DAY]
        with pytest.raises(OutputError, match="read-only"):
            theirs.store(balance(at(21)))


def test_other_tables_of_the_database_are_left_alone(postgresql: PostgreSQL, history: History) -> None:
    address = history._server.url if history._server else ""
    sql(address, "CREATE TABLE notes (text TEXT)", "INSERT INTO notes VALUES ('mine')")
    assert history.days(KEY) == []
    assert history.store(balance()) is True
    assert sql(address, "SELECT text FROM notes") == [("mine",)]


def test_a_table_that_is_not_as_it_should_be_is_told(history: History) -> None:
    history.store(balance())
    address = history._server.url if history._server else ""
    sql(address, "ALTER TABLE kis_holding RENAME COLUMN sbst_pric TO x4815162342")
    with pytest.raises(DataError, match="damaged") as caught:
        history.on_or_before(KEY, DAY)
    assert "4815162342" not in "".join(traceback.format_exception(caught.value))


def test_one_writes_at_a_time(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a file: who waits too long is told, and readers do not wait."""
    history.store(balance())
    address = history._server.url if history._server else ""
    began, end = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        began.set()
        end.wait(20)

    with closing(History(address)) as other:
        writer = threading.Thread(target=other._records().database.write, args=(hold,))
        writer.start()
        began.wait(20)
        monkeypatch.setattr(database, "PATIENCE", 0.2)
        started = time.monotonic()
        with pytest.raises(OutputError, match="another program"):
            history.store(balance(at(21)))
        assert time.monotonic() - started >= 0.2
        assert history.days(KEY) == [DAY]
        end.set()
        writer.join()
    assert history.store(balance(at(21))) is True


def test_a_connection_that_broke_is_made_anew(postgresql: PostgreSQL, history: History) -> None:
    history.store(balance())
    postgresql.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kis_xl'")
    assert history.days(KEY) == [DAY]


def test_one_connection_is_kept_and_let_go(postgresql: PostgreSQL, history: History) -> None:
    count = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'kis_xl'"
    for _ in range(5):
        history.days(KEY)
    assert postgresql.run(count) == [(1,)]
    history.close()
    for _ in range(100):
        if postgresql.run(count) == [(0,)]:
            break
        time.sleep(0.05)
    assert postgresql.run(count) == [(0,)]


PLANTED = "918273645"


#: What PostgreSQL can answer, by SQLSTATE, and what is told. Only a history that is not as it should be is "damaged".
ANSWERS = {
    "57014": OutputError, "57P05": OutputError, "25P03": OutputError, "25006": OutputError, "53100": OutputError, "53400": OutputError,
    "54000": OutputError, "55000": OutputError, "55P03": OutputError, "58030": OutputError, "0A000": OutputError, "P0001": OutputError,
    "XX000": OutputError, "3F000": ConfigError, "3D000": ConfigError, "28000": ConfigError, "42501": ConfigError, "08006": NetworkError,
    "53300": NetworkError, "57P01": NetworkError, "42P01": DataError, "42703": DataError, "22P02": DataError, "23505": DataError,
    "XX001": DataError,
}  # fmt: skip


@pytest.mark.parametrize(("state", "kind"), ANSWERS.items(), ids=ANSWERS.keys())
def test_what_the_server_answers_is_told_as_what_it_is(state: str, kind: type[KisError]) -> None:
    import psycopg  # noqa: PLC0415 (an extra)

    backend = postgresql_backend.PostgreSQL(Server.parse(LOCAL[0]))
    error = backend.failure(psycopg.errors.lookup(state)("in its own words 4815162342")).error
    assert type(error) is kind
    assert ("damaged" in error.what.en) is (kind is DataError)
    # where values may be in the words, they are not repeated
    assert ("4815162342" in error.what.en) is (
        state not in ("0A000", "P0001", "XX000", "25006", "53100", "55P03") and kind is not DataError
    )
    assert all((*error.what, *error.hint))


def test_the_drivers_own_errors_are_no_damage_unless_values_are() -> None:
    import psycopg  # noqa: PLC0415 (an extra)

    backend = postgresql_backend.PostgreSQL(Server.parse(LOCAL[0]))
    kinds = {psycopg.OperationalError: NetworkError, psycopg.InterfaceError: NetworkError, psycopg.ProgrammingError: ConfigError}
    for error, kind in {**kinds, psycopg.DataError: DataError}.items():
        assert type(backend.failure(error("no")).error) is kind


def test_a_time_that_the_server_limits_is_no_damage(history: History) -> None:
    import psycopg  # noqa: PLC0415 (an extra)

    history.store(balance())
    address = history._server.url if history._server else ""
    with (
        psycopg.connect(address) as holding,
        closing(History(address.replace("options=", "options=-cstatement_timeout%3D200%20"))) as theirs,
    ):
        holding.execute("LOCK TABLE kis_snapshot")
        told(OutputError, theirs, "cannot be used", "canceling statement due to statement timeout")


def test_a_search_path_that_leads_nowhere_is_no_damage(postgresql: PostgreSQL) -> None:
    with closing(History(postgresql.address(options="-csearch_path=nowhere"))) as history:
        with pytest.raises(ConfigError, match="no schema has been selected"):
            history.store(balance())
        assert history.days(KEY) == []


def test_values_that_are_refused_are_not_shown(history: History) -> None:
    """A statement that fails is told without its values."""
    history.store(balance())
    address = history._server.url if history._server else ""
    sql(address, f"ALTER TABLE kis_summary ADD CHECK (tot_evlu_amt <> '{PLANTED}')")
    refused = balance(at(21), totals=worth(int(PLANTED)))
    with pytest.raises(DataError) as caught:
        history.store(refused)
    assert PLANTED not in "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)


def test_snapshots_of_this_machine_go_to_the_server(postgresql: PostgreSQL, home: Path) -> None:
    address = postgresql.new()
    folder = DataFolder(home, address)
    assert Snapshots(folder).keep(Key.of(account()), demo()) is None
    with closing(History(folder)) as history:
        assert history.days(KEY) == [DAY]
        assert history.place.startswith("postgresql://kis@/kis?host=")
    assert not (home / "history").exists()
    unreachable = Snapshots(DataFolder(home, "postgresql://kis@127.0.0.1:1/kis")).keep(Key.of(account()), demo(at(21)))
    assert isinstance(unreachable, NetworkError)  # told, and what was fetched is still good
