"""What a refresh renews, and what the status says of snapshots with parameters of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from kis_xl import udfs
from kis_xl.errors import IncompleteError
from kis_xl.excel import macros, session
from kis_xl.excel.jobs import Refresh
from kis_xl.excel.options import read as read_options
from kis_xl.fields import Environment
from kis_xl.simulator import Simulator
from tests.broker_kit import broker_for, demo_account, inquiries, simulated
from tests.excel_kit import error, finished, forget, log_files, status

NXT = "AFHR_FLPR_YN=X"


def with_options() -> object:
    return udfs.KIS_HOLDINGS(None, None, None, NXT)


def test_the_status_tells_a_failure_of_any_snapshot_that_cells_show(demo: Simulator) -> None:
    udfs.KIS_HOLDINGS()
    demo.add_fault("1x9=http:503")
    assert error(with_options()).startswith("NETWORK")
    shown = status()
    assert shown["Status"] == "refresh failed: showing earlier data"
    assert shown["Last error"].startswith(f"[{NXT}] NETWORK: ")
    assert shown["What to do"]


def test_the_status_is_as_old_as_the_oldest_snapshot_that_cells_show(demo: Simulator) -> None:
    udfs.KIS_HOLDINGS()
    with_options()
    first = status()["As of"]
    macros.start_refresh()
    assert finished().stage == "done"
    udfs.KIS_HOLDINGS()
    renewed = status()["As of"]
    assert renewed >= first
    session.current().snapshots.state(session.current().key()).error = None
    with_options()
    balances = [session.current().snapshots.shown(key).as_of for key in session.current().asked_keys()]
    assert len(balances) == 2
    assert status()["As of"] == min(balances).replace(tzinfo=None, microsecond=0)


def test_a_workbook_that_was_opened_is_renewed_whole(demo: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Excel does not compute what it has saved: the first refresh of a server does not know what the cells show."""
    udfs.KIS_HOLDINGS()
    with_options()
    forget(monkeypatch)
    macros.start_refresh()
    assert finished().stage == "done"
    assert len(inquiries(demo)) == 6 + 3
    udfs.KIS_HOLDINGS()  # the macro has the cells computed: now it is known
    with_options()
    assert macros.start_rest() == ""
    assert finished().stage == "done"
    assert len(inquiries(demo)) == 6 + 3 + 3
    udfs.KIS_HOLDINGS()
    with_options()
    assert macros.start_rest() == macros.NOTHING_TO_DO


def test_what_no_cell_shows_any_more_is_not_fetched(demo: Simulator) -> None:
    udfs.KIS_HOLDINGS()
    with_options()
    macros.start_refresh()
    assert finished().stage == "done"
    udfs.KIS_HOLDINGS()  # the cell with options has gone
    before = len(inquiries(demo))
    macros.start_refresh()
    assert finished().stage == "done"
    assert len(inquiries(demo)) == before + 3


def test_a_refresh_forgets_the_last_formula_error(demo: Simulator) -> None:
    assert error(udfs.KIS_SUMMARY(None, "nothing of the kind"))
    assert "nothing of the kind" in status()["Last formula error"]
    macros.start_refresh()
    assert finished().stage == "done"
    assert status()["Last formula error"] == ""


@pytest.mark.parametrize("typed", ["1234 5679", "1234/5678-99", "98765432-01", "9876 5432"])
def test_a_number_that_is_typed_for_a_name_is_never_quoted(demo: Simulator, typed: str) -> None:
    said = error(udfs.KIS_HOLDINGS(typed))
    assert said.startswith("ACCOUNT: there is no account called ****")
    told = said + str(status()) + "".join(handler.path().read_text(encoding="utf-8") for handler in log_files())
    for form in (typed, typed.replace(" ", ""), typed[-4:]):
        assert form not in told


def test_a_page_that_comes_twice_is_no_account(tmp_path: Path) -> None:
    with (
        simulated(demo_account(Environment.REAL, rows=120), faults=["1=repeat_cursor"]) as running,
        broker_for(running, tmp_path) as broker,
        pytest.raises(IncompleteError, match="a page came twice"),
    ):
        broker.balance()


def test_the_status_asked_first_after_a_refresh_knows_of_all_that_cells_show(demo: Simulator) -> None:
    """The macro computes one cell after another, and those with options may come last."""
    udfs.KIS_HOLDINGS()
    with_options()
    demo.add_fault("1x9=APBK9999")
    macros.start_refresh()
    assert finished().stage == "failed"
    shown = status()
    assert shown["Status"] == "refresh failed: showing earlier data"
    assert "APBK9999" in shown["Last error"]


def test_a_message_says_which_snapshot_failed(demo: Simulator) -> None:
    udfs.KIS_HOLDINGS()
    now = session.current()
    demo.add_fault("1x9=APBK9999")
    job = Refresh(now.snapshots, [now.key(None, read_options(NXT))], "en")
    told = job.poll(20)
    assert told.stage == "failed"
    assert f"[env {NXT}] DATA: " in told.message
    assert not job.brought


def test_a_second_job_does_not_push_the_first_one_out(demo: Simulator) -> None:
    udfs.KIS_HOLDINGS()
    demo.add_fault("1=slow:0.5")
    assert macros.start_refresh() == ""
    assert error(macros.start_export()).startswith("DATA: a job of another workbook is going on")
    told = finished()
    assert told.stage == "done"
    assert "120 rows" in told.line
    assert macros.start_export() == ""
    assert finished().path.endswith(".xlsx")
