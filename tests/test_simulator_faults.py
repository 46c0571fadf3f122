"""Every fault that can be asked for does what it says."""

from __future__ import annotations

import itertools
import json
import threading
import time
from typing import Any

import pytest
import requests

from kis_xl.fields import PATH, Environment
from kis_xl.simulator import Fault, Limits, Simulator, demo_account, parse_fault
from tests.test_simulator import BLANK, TIMEOUT, Raw, integer, rows_of, said, serving


def test_the_text_form() -> None:
    assert parse_fault("3=EGW00201") == Fault("EGW00201", 3)
    assert parse_fault(" token@1=EGW00133 ") == Fault("EGW00133", path="token")
    assert parse_fault("1x99=EGW00215") == Fault("EGW00215", times=99)
    assert parse_fault("2=bad_field:prpr=a=b:c") == Fault("bad_field:prpr=a=b:c", 2)
    for fault in (Fault("http:502:html", 4, 2), Fault("slow:1.5", path="revoke")):
        assert parse_fault(str(fault)) == fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EGW00201",
        "0=EGW00201",
        "1x0=EGW00201",
        "-1=reset",
        "1=",
        "1=nonsense",
        "1=EGW1",
        "1=http:5",
        "1=slow",
        "1=slow:fast",
        "1=missing_field",
        "1=bad_field:prpr",
        "hashkey@1=reset",
        "token@1=drop_row",
        "revoke@1=changed",
    ],
)
def test_what_is_no_fault_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"fault|path|calls|only"):
        parse_fault(text)
    with pytest.raises(ValueError, match=r"path"):
        Fault("reset", path="elsewhere")  # type: ignore[arg-type]


def test_a_fault_happens_on_its_calls_and_no_others() -> None:
    with serving(faults=["2x2=EGW00201", Fault("EGW00133", path="token")]) as raw:
        assert raw.ask_token().json()["error_code"] == "EGW00133"
        assert [raw.get().json()["msg_cd"] for _ in range(4)] == ["KIOK0510", "EGW00201", "EGW00201", "KIOK0510"]
        raw.simulator.add_fault("1=EGW00215")
        assert raw.get().json()["msg_cd"] == "EGW00215"
        assert raw.get().json()["msg_cd"] == "KIOK0510"
        assert raw.simulator.refused == 0  # that counts what the limits refused


def test_message_codes_have_the_status_and_shape_of_their_place() -> None:
    with serving() as raw:
        raw.get()
        expected = {
            "EGW00201": 500,
            "EGW00201:200": 200,
            "EGW00215": 500,
            "EGW00103": 403,
            "OPSQ2000": 200,
            "APBK1271": 200,
            "90020000": 200,
        }
        for kind, status in expected.items():
            raw.simulator.add_fault(Fault(kind))
            assert said(raw.get())[:2] == (status, kind.partition(":")[0])
        assert raw.get().json()["rt_cd"] == "0"
        for fault, path in (("token@1=EGW00001", "/oauth2/tokenP"), ("revoke@1=EGW00001", "/oauth2/revokeP")):
            raw.simulator.add_fault(fault)
            answer = raw.post(path)
            assert (answer.status_code, sorted(answer.json())) == (403, ["error_code", "error_description"])


def test_statuses_and_bodies_that_are_no_answer() -> None:
    with serving() as raw:
        raw.get()
        raw.simulator.add_fault("1=http:503")
        assert raw.get().status_code == 503
        raw.simulator.add_fault("1=http:502:html")
        answer = raw.get()
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
        for kind, status in (("retry_after:2", 503), ("retry_after:3:429", 429)):
            raw.simulator.add_fault(f"1={kind}")
            answer = raw.get()
            assert (answer.status_code, answer.headers["retry-after"]) == (status, kind.split(":")[1])
        raw.simulator.add_fault("1=html")
        answer = raw.get()
        assert (answer.status_code, answer.text[:9]) == (200, "<!DOCTYPE")
        raw.simulator.add_fault("1=garbage")
        answer = raw.get()
        assert answer.status_code == 200
        with pytest.raises(requests.exceptions.JSONDecodeError):
            answer.json()
        assert raw.get().json()["rt_cd"] == "0"


def test_connections_that_break() -> None:
    with serving() as raw:
        raw.get()
        for kind, error in (("reset", requests.exceptions.ConnectionError), ("cut", requests.exceptions.ChunkedEncodingError)):
            raw.simulator.add_fault(f"1={kind}")
            with pytest.raises(error):
                raw.get()
            assert raw.get().json()["rt_cd"] == "0"
        raw.simulator.add_fault("token@1=reset")
        with pytest.raises(requests.exceptions.ConnectionError):
            raw.ask_token()
        statuses = [call.status for call in raw.simulator.calls]
        assert statuses == [200, 200, 0, 200, 200, 200, 0]


def test_a_hanging_call_ends_with_the_client_s_patience() -> None:
    with serving(faults=["1=hang"]) as raw:
        with pytest.raises(requests.exceptions.ReadTimeout):
            raw.session.get(raw.host + PATH, headers=raw.headers(), params=raw.parameters(), timeout=0.2)
        assert raw.get().json()["rt_cd"] == "0"


@pytest.mark.parametrize("kind", ["hang", "slow:60"])
def test_stop_does_not_wait_for_those_that_wait(kind: str) -> None:
    failed: list[Exception] = []

    def call(raw: Raw) -> None:
        try:
            raw.get()
        except requests.exceptions.RequestException as error:
            failed.append(error)

    with serving(faults=[f"1={kind}"]) as raw:
        raw.headers()
        caller = threading.Thread(target=call, args=(raw,))
        caller.start()
        while len(raw.simulator.calls) < 2:
            time.sleep(0.01)
        started = time.monotonic()
        raw.simulator.stop()
        assert time.monotonic() - started < 2
        caller.join(TIMEOUT)
    assert len(failed) == 1


def test_stop_does_not_wait_for_new_connections() -> None:
    with serving(connect_latency=60) as raw:
        with pytest.raises(requests.exceptions.ReadTimeout):
            raw.session.get(raw.host, timeout=0.2)
        started = time.monotonic()
        raw.simulator.stop()
        assert time.monotonic() - started < 2


def test_slow_answers_are_answers() -> None:
    with serving(faults=["1=slow:0.3"]) as raw:
        raw.headers()
        started = time.monotonic()
        assert raw.get().json()["rt_cd"] == "0"
        assert 0.3 <= time.monotonic() - started < 2


def test_dead_token_stays_dead() -> None:
    with serving(faults=["2=dead_token"]) as raw:
        dead = raw.get() and raw.token
        assert said(raw.get())[:2] == (500, "EGW00123")
        assert said(raw.get())[:2] == (500, "EGW00123")
        raw.token = ""
        assert raw.get().json()["rt_cd"] == "0"
        assert raw.token != dead
        assert raw.simulator.tokens_issued == 2


def test_changed_between_pages() -> None:
    with serving(faults=["2=changed"]) as raw:
        first = raw.get()
        assert said(raw.following(first))[:2] == (200, "SYDB0050")
        assert rows_of(raw.pages()) == raw.account.holdings()


def test_null_outputs() -> None:
    with serving(faults=["1=null_outputs", "2=null_outputs:0"]) as raw:
        body = raw.get().json()
        assert body["output1"] is body["output2"] is None
        assert (body["rt_cd"], body["msg_cd"]) == ("1", "EGW00316")
        body = raw.get().json()
        assert body["output1"] is body["output2"] is None
        assert body["rt_cd"] == "0"


def _spoilt(kind: str) -> dict[str, Any]:
    with serving(faults=[Fault(kind)]) as raw:
        body: dict[str, Any] = raw.get().json()
        assert body["rt_cd"] == "0"
        assert rows_of([raw.get()]) == raw.account.holdings(0, 50)  # once only
        return body


def test_fields_that_are_wrong() -> None:
    whole = demo_account().holdings(0, 50)
    assert "output2" not in _spoilt("no_output2")
    assert _spoilt("missing_field:prpr")["output1"][0].keys() == whole[0].keys() - {"prpr"}
    assert "nass_amt" not in _spoilt("missing_field:nass_amt")["output2"][0]
    body = _spoilt("bad_field:prpr=abc")
    assert (body["output1"][0]["prpr"], body["output1"][1:]) == ("abc", whole[1:])
    assert _spoilt("bad_field:nass_amt=")["output2"][0]["nass_amt"] == ""
    body = _spoilt("extra_field:new_key=x")
    assert {row["new_key"] for row in (*body["output1"], *body["output2"])} == {"x"}
    assert _spoilt("drop_row")["output1"] == whole[:-1]


def test_repeat_cursor_leads_back_to_the_same_page() -> None:
    with serving(faults=["1x4=repeat_cursor"]) as raw:
        answers = raw.pages(most=3)
        assert [answer.headers["tr_cont"] for answer in answers] == ["M"] * 3
        assert len({json.dumps(answer.json()["output1"]) for answer in answers}) == 1
        assert len({answer.json()["ctx_area_nk100"] for answer in answers}) == 1
        assert answers[0].json()["ctx_area_nk100"] != BLANK
    with serving(faults=["3x9=repeat_cursor"]) as raw:
        answers = raw.pages(most=5)
        assert [len(answer.json()["output1"]) for answer in answers] == [50, 50, 20, 20, 20]


def test_endless_never_repeats_and_never_ends() -> None:
    for rows in (0, 50, 120):
        with serving(demo_account(rows=rows), faults=["1x9999=endless"]) as raw:
            answers = raw.pages(most=30)
            assert {answer.headers["tr_cont"] for answer in answers} == {"M"}
            assert len({answer.json()["ctx_area_nk100"] for answer in answers}) == 30


def test_ticking_moves_the_prices_of_one_page() -> None:
    with serving(faults=["2=ticking"]) as raw:
        answers = raw.pages()
        rows, whole = rows_of(answers), raw.account.holdings()
        assert rows[:50] == whole[:50]
        assert rows[100:] == whole[100:]
        assert all(integer(now, "prpr") > integer(before, "prpr") for now, before in zip(rows[50:100], whole[50:100], strict=True))
        first, second = (answer.json()["output2"][0] for answer in answers[:2])
        moved = sum(integer(now, "evlu_amt") - integer(before, "evlu_amt") for now, before in zip(rows, whole, strict=True))
        assert integer(second, "evlu_amt_smtl_amt") - integer(first, "evlu_amt_smtl_amt") == moved > 0
        assert integer(second, "tot_evlu_amt") == integer(second, "scts_evlu_amt") + integer(second, "prvs_rcdl_excc_amt")


PAGE_FAULTS = (
    "null_outputs null_outputs:0 no_output2 missing_field:prpr bad_field:prpr=x extra_field:a=b drop_row repeat_cursor endless ticking"
)


def test_faults_of_a_page_may_meet() -> None:
    account = demo_account(Environment.MOCK, 0)
    with serving(account) as raw:
        for pair in itertools.permutations(PAGE_FAULTS.split(), 2):
            for kind in pair:
                raw.simulator.add_fault(Fault(kind))
            assert raw.get().json()["rt_cd"] in "01"


def test_faults_of_a_page_wait_for_a_page() -> None:
    limits = Limits(mock_spacing=0.6, token_spacing=None)
    with serving(demo_account(Environment.MOCK, 25), limits=limits, faults=["2=drop_row"]) as raw:
        first = raw.get()
        assert said(raw.following(first))[1] == "EGW00201"
        time.sleep(0.65)
        assert len(raw.following(first).json()["output1"]) == 4


def test_faults_of_several_simulators_do_not_mix() -> None:
    with Simulator(faults=["1=reset"]), serving() as raw:
        assert raw.get().json()["rt_cd"] == "0"
