"""What set-up does at the service before anything is saved: which calls, for how long, and which token stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kis_xl import onboarding
from kis_xl.accounts import AccountNumber
from kis_xl.broker import Broker
from kis_xl.datafolder import DataFolder
from kis_xl.errors import AuthError, EnvironmentMismatch, KisError, NetworkError
from kis_xl.fields import PATH, Environment
from kis_xl.onboarding import Draft, Trials
from kis_xl.policy import Policy, calls_per_second
from kis_xl.redaction import Secret
from kis_xl.settings import Settings
from kis_xl.simulator import SimAccount, Simulator
from tests.broker_kit import QUICK, broker_for, demo_account, inquiries, simulated, token_calls

REAL, MOCK = demo_account(rows=60, seed=2), demo_account(Environment.MOCK, rows=3, seed=2)
WRONG_KEY, WRONG_SECRET = replace(REAL, appkey="PSwrong".ljust(36, "k")), replace(REAL, appsecret="wrong".ljust(180, "s"))
WRONG_NUMBER = replace(REAL, number="99999999-01")
WHOSE = {Environment.REAL: REAL, Environment.MOCK: MOCK}


@pytest.fixture
def running() -> Iterator[Simulator]:
    with simulated(REAL, MOCK) as simulator:
        yield simulator


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings.load({"KIS_XL_HOME": str(tmp_path / "home")}), policy=QUICK)


def draft_of(account: SimAccount, running: Simulator, environment: Environment | None = None) -> Draft:
    kind = environment or account.environment
    return Draft(kind, AccountNumber.parse(account.number), Secret(account.appkey), Secret(account.appsecret), running.url(kind))


def tokens(settings: Settings) -> list[Path]:
    return list((settings.folder.path / "tokens").glob("*.token"))


@pytest.mark.parametrize("host", Environment)
@pytest.mark.parametrize("keys", Environment)
def test_keys_and_hosts_in_all_combinations(running: Simulator, settings: Settings, host: Environment, keys: Environment) -> None:
    draft = draft_of(WHOSE[keys], running, host)
    with Broker(draft.account("new"), settings.folder, QUICK) as broker:
        if host is keys:
            broker.try_keys()
        else:
            with pytest.raises(EnvironmentMismatch) as caught:
                broker.try_keys()
            assert caught.value.msg_cd == {Environment.REAL: "EGW02004", Environment.MOCK: "EGW02007"}[host]
    assert [call.path for call in running.calls] == [PATH]
    assert running.tokens_issued == 0


@pytest.mark.parametrize(("wrong", "code"), [(WRONG_KEY, "EGW00103"), (WRONG_SECRET, "EGW00105")])
def test_wrong_keys_are_one_call_and_no_token(running: Simulator, settings: Settings, wrong: SimAccount, code: str) -> None:
    with Trials(settings) as trials, pytest.raises(AuthError) as caught:
        trials.balance(draft_of(wrong, running))
    assert caught.value.msg_cd == code
    assert [call.path for call in running.calls] == [PATH]
    assert not tokens(settings)


FAULTS = ["EGW00103", "EGW02004", "EGW00206", "EGW00201", "http:503", "html", "garbage", "reset", "cut", "hang", "http:302", "http:403"]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_error_shows_a_secret(running: Simulator, settings: Settings, fault: str) -> None:
    running.add_fault(f"1x9={fault}")
    with Trials(settings) as trials, pytest.raises(KisError) as caught:
        trials.balance(draft_of(REAL, running))
    error: BaseException | None = caught.value
    while error is not None:
        for text in (str(error), repr(error), str(getattr(error, "what", "")), str(getattr(error, "hint", ""))):
            assert not any(secret in text for secret in (REAL.cano, REAL.appkey, REAL.appsecret)), text
        error = error.__cause__ or error.__context__
    assert running.tokens_issued == 0
    assert not tokens(settings)


def test_a_person_does_not_wait_as_long_as_a_scheduled_run() -> None:
    hasty = onboarding._hasty(Policy(), Environment.REAL)
    assert (hasty.attempts, hasty.read_timeout, hasty.longest_call) == (4, 15.0, 20.0)
    patient = Policy(attempts=2, read_timeout=1.0, longest_call=5.0)
    assert onboarding._hasty(patient, Environment.MOCK) == patient
    assert hasty.rate_for(Environment.REAL) == calls_per_second(3)  # as many as a new key may make
    assert onboarding._hasty(Policy(), Environment.MOCK).rate_for(Environment.MOCK) == Policy().rate_for(Environment.MOCK)


def test_no_network_is_told_after_a_few_attempts(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with simulated(REAL) as running:
        draft = draft_of(REAL, running)
    with Trials(replace(settings, policy=replace(Policy(), backoff=0.001))) as trials, pytest.raises(NetworkError):
        trials.balance(draft)
    told = [record.message[:9] for record in caplog.records if record.name == "kis_xl.broker.http"]
    assert told == ["attempt 1", "attempt 2", "attempt 3"]


def test_a_new_key_may_make_few_calls_and_is_not_refused_for_more(settings: Settings) -> None:
    new = replace(demo_account(rows=230, seed=2), new_key=True)
    with Simulator(accounts=[new]) as running, Trials(replace(settings, policy=Policy())) as trials:
        assert len(trials.balance(draft_of(new, running)).holdings) == 230
        assert running.refused == 0


def test_a_token_stays_with_what_is_kept_only(running: Simulator, settings: Settings) -> None:
    with Trials(settings) as trials:
        trials.balance(draft_of(REAL, running))
    assert not tokens(settings)
    with Trials(settings) as trials:
        trials.balance(draft_of(MOCK, running))
        trials.balance(draft_of(REAL, running))
        trials.keep()
    with broker_for(running, settings.folder.path) as broker:
        assert broker.token_expiry() is not None
    assert len(tokens(settings)) == 1


def test_a_token_that_was_there_before_stays(running: Simulator, settings: Settings) -> None:
    with broker_for(running, settings.folder.path) as broker:
        broker.balance()
    (before,) = tokens(settings)
    data = before.read_bytes()
    calls = len(inquiries(running))
    with Trials(settings) as trials:
        trials.balance(draft_of(REAL, running))
    assert len(inquiries(running)) == calls + 2  # two pages: nothing has to be found out before
    with Trials(settings) as trials, pytest.raises(AuthError):  # whose file it is, these keys cannot tell
        trials.balance(draft_of(WRONG_SECRET, running))
    assert before.read_bytes() == data
    assert len(token_calls(running)) == 1


def test_a_number_that_was_wrong_costs_one_token(running: Simulator, settings: Settings) -> None:
    with Trials(settings) as trials:
        for _ in range(3):
            with pytest.raises(KisError) as caught:
                trials.balance(draft_of(WRONG_NUMBER, running))
            assert caught.value.msg_cd == "OPSQ2000"
        trials.balance(draft_of(REAL, running))
        trials.keep()
    assert len(token_calls(running)) == 1
    assert len(tokens(settings)) == 1


def test_a_folder_that_can_be_written_is_left_as_it_was(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "home")
    onboarding.check_writable(folder)
    assert [path for path in folder.path.rglob("*") if path.is_file()] == []
