"""Tokens and limits of the simulator."""

from __future__ import annotations

import base64
import dataclasses
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from kis_xl import kst
from kis_xl.fields import Environment
from kis_xl.simulator import Limits, Simulator, demo_account
from tests.test_simulator import ENVIRONMENTS, TIMEOUT, Raw, said, serving


@ENVIRONMENTS
def test_a_token_is_as_the_service_makes_them(environment: Environment) -> None:
    with serving(demo_account(environment)) as raw:
        before = kst.now()
        answer = raw.ask_token()
    body = answer.json()
    assert sorted(body) == ["access_token", "access_token_token_expired", "expires_in", "token_type"]
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 86400)
    expires = kst.parse(body["access_token_token_expired"])
    assert timedelta(seconds=-1) <= expires - before - timedelta(days=1) < timedelta(seconds=10)
    claims = body["access_token"].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["jti"] == raw.account.appkey
    assert len(f"Bearer {body['access_token']}") <= 350


def test_the_same_token_comes_again_for_six_hours() -> None:
    with serving() as raw:
        first, second = raw.ask_token().json(), raw.ask_token().json()
        assert first == second
        assert raw.simulator.tokens_issued == 1
    with serving(limits=dataclasses.replace(Limits.off(), token_reuse=0.2)) as raw:
        first = raw.ask_token().json()
        time.sleep(0.25)
        assert raw.ask_token().json()["access_token"] != first["access_token"]
        raw.token = first["access_token"]
        assert raw.get().json()["rt_cd"] == "0"  # the older one lives on


def test_an_old_token_expires_though_expires_in_says_otherwise() -> None:
    with serving(limits=dataclasses.replace(Limits.off(), token_life=0.8)) as raw:
        assert raw.ask_token().json()["expires_in"] == 86400
        assert raw.get().json()["rt_cd"] == "0"
        time.sleep(0.85)
        assert said(raw.get()) == (500, "EGW00123", "기간이 만료된 token 입니다.")
        raw.token = ""
        assert raw.get().json()["rt_cd"] == "0"


def test_once_a_minute() -> None:
    with serving(limits=Limits(token_spacing=0.8)) as raw:
        assert raw.ask_token().status_code == 200
        refused = raw.ask_token()
        said_so = {"error_description": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)", "error_code": "EGW00133"}
        assert (refused.status_code, refused.json()) == (403, said_so)
        time.sleep(0.85)
        assert raw.ask_token().status_code == 200
        assert raw.simulator.tokens_issued == 1
    assert Limits().token_spacing == 60


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"appkey": ""}, "EGW00102"),
        ({"appkey": "x" * 36}, "EGW00103"),
        ({"appsecret": ""}, "EGW00104"),
        ({"appsecret": "x" * 180}, "EGW00105"),
        ({"grant_type": ""}, "EGW00115"),
        ({"grant_type": "authorization_code"}, "EGW00116"),
    ],
)
def test_wrong_keys(changed: dict[str, str], code: str) -> None:
    with serving() as raw:
        answer = raw.ask_token(**changed)
        assert (answer.status_code, answer.json()["error_code"]) == (403, code)
        assert sorted(answer.json()) == ["error_code", "error_description"]
        assert raw.simulator.calls[-1].msg_cd == code


def test_only_json_is_read() -> None:
    with serving() as raw:
        keys = {"grant_type": "client_credentials", "appkey": raw.account.appkey, "appsecret": raw.account.appsecret}
        form = raw.session.post(raw.host + "/oauth2/tokenP", data=keys, timeout=TIMEOUT)
        assert form.json()["error_code"] == "EGW00132"
        for body in ("{", "[]", '"text"'):
            sent = {"content-type": "application/json; charset=utf-8"}
            answer = raw.session.post(raw.host + "/oauth2/tokenP", data=body, headers=sent, timeout=TIMEOUT)
            assert answer.json()["error_code"] == "EGW00101"


def test_a_revoked_token_is_gone() -> None:
    with serving() as raw:
        raw.get()
        keys = {"appkey": raw.account.appkey, "appsecret": raw.account.appsecret}
        assert raw.post("/oauth2/revokeP", **keys, token="unknown").json()["error_code"] == "EGW00121"
        assert raw.post("/oauth2/revokeP", appkey=keys["appkey"], token=raw.token).json()["error_code"] == "EGW00104"
        answer = raw.post("/oauth2/revokeP", **keys, token=raw.token)
        assert answer.json() == {"code": 200, "message": "접근토큰 폐기에 성공하였습니다"}
        assert said(raw.get())[:2] == (500, "EGW00122")
        raw.token = ""
        assert raw.get().json()["rt_cd"] == "0"
        assert raw.simulator.tokens_issued == 2


def test_a_token_is_of_one_key() -> None:
    one, other = demo_account(seed=1), demo_account(seed=2)
    with serving(one, accounts=[one, other]) as raw:
        others = Raw(raw.simulator, other, raw.host, raw.session).ask_token().json()["access_token"]
        raw.token = others
        assert said(raw.get())[:2] == (500, "EGW00123")
        assert raw.post("/oauth2/revokeP", appkey=one.appkey, appsecret=one.appsecret, token=others).json()["error_code"] == "EGW00121"


def test_real_allows_so_many_calls_a_second_over_all_connections() -> None:
    with serving(limits=Limits(real_per_window=5, window=0.6)) as raw:
        headers = raw.headers()
        with ThreadPoolExecutor(4) as pool:
            fresh = [Raw(raw.simulator, raw.account, raw.host, token=raw.token) for _ in range(12)]
            answers = list(pool.map(lambda each: each.get(headers), fresh))
        for each in fresh:
            each.session.close()
        codes = [answer.json()["msg_cd"] for answer in answers]
        assert (codes.count("KIOK0510"), codes.count("EGW00201")) == (5, 7)
        assert {answer.status_code for answer in answers if answer.json()["rt_cd"] == "1"} == {500}
        assert raw.simulator.refused == 7
        time.sleep(0.65)
        assert raw.get().json()["rt_cd"] == "0"  # the refused ones did not count
    assert (Limits().real_per_window, Limits().window, Limits().mock_spacing) == (18, 1.0, 1.02)


def test_the_window_slides() -> None:
    with serving(limits=Limits(real_per_window=2)) as raw:
        raw.get()
        time.sleep(0.6)
        raw.get()
        time.sleep(0.45)
        assert raw.get().json()["rt_cd"] == "0"
        assert said(raw.get())[1] == "EGW00201"


def test_a_new_key_may_call_less_often() -> None:
    account = dataclasses.replace(demo_account(), new_key=True)
    with serving(account, limits=Limits()) as raw:
        assert [raw.get().json()["rt_cd"] for _ in range(4)] == ["0", "0", "0", "1"]


def test_mock_wants_calls_apart() -> None:
    with serving(demo_account(Environment.MOCK), limits=Limits(mock_spacing=0.6)) as raw:
        assert raw.get().json()["rt_cd"] == "0"
        assert said(raw.get())[:2] == (500, "EGW00201")
        time.sleep(0.65)
        assert raw.get().json()["rt_cd"] == "0"


def test_limits_are_each_key_s_own_and_can_be_off() -> None:
    one, other = demo_account(seed=1), demo_account(seed=2)
    with serving(one, accounts=[one, other], limits=Limits(real_per_window=1, window=5)) as raw:
        second = Raw(raw.simulator, other, raw.host, raw.session)
        assert [each.get().json()["rt_cd"] for each in (raw, second, raw, second)] == ["0", "0", "1", "1"]
    with serving() as raw:
        assert {raw.get().json()["rt_cd"] for _ in range(40)} == {"0"}


def test_calls_that_the_gateway_refuses_do_not_count() -> None:
    with serving(limits=Limits(real_per_window=1, window=5)) as raw:
        for _ in range(3):
            assert said(raw.get(raw.headers(authorization="Bearer x")))[1] == "EGW00121"
        assert raw.get().json()["rt_cd"] == "0"
        assert raw.simulator.refused == 0


def test_reset_forgets_everything() -> None:
    with serving(limits=Limits(real_per_window=1, window=60)) as raw:
        first = raw.get()
        raw.simulator.add_fault("1x9=reset")
        raw.simulator.reset()
        assert (raw.simulator.calls, raw.simulator.tokens_issued, raw.simulator.connections) == ([], 0, 0)
        assert said(raw.get())[1] == "EGW00121"
        raw.token = ""
        assert said(raw.following(first))[1] == "SYDB0050"


def test_the_default_simulator_has_the_limits_of_the_service() -> None:
    with Simulator() as simulator:
        raw = Raw(simulator, simulator.account(Environment.MOCK), simulator.mock_url)
        assert raw.get().json()["rt_cd"] == "0"
        assert said(raw.get())[1] == "EGW00201"
        assert raw.ask_token().json()["error_code"] == "EGW00133"
        raw.session.close()
