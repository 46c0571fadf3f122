"""The settings: typed, checked, and named when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from kis_xl.accounts import CHOOSABLE, Account, AccountNumber, check_parameters, query
from kis_xl.errors import AccountError, ArgumentError, ConfigError, KisError
from kis_xl.fields import Environment
from kis_xl.policy import Rate
from kis_xl.redaction import Secret
from kis_xl.settings import Settings
from kis_xl.variables import VARIABLES, parse_pairs
from tests.conftest import REPOSITORY

WHOLE = {"KIS_XL_ACCOUNT": "12345678-01", "KIS_XL_APPKEY": "PSkey", "KIS_XL_APPSECRET": "secret/+="}
CORPORATE = {
    "KIS_XL_CUSTTYPE": "B",
    "KIS_XL_PERSONALSECKEY": "customer-key",
    "KIS_XL_PHONE_NUMBER": "01011112222",
    "KIS_XL_IP_ADDR": "203.0.113.9",
}


@pytest.mark.parametrize(("text", "masked"), [("12345678-01", "1234****-01"), ("1234567822", "1234****-22"), (" 12345678 ", "1234****-01")])
def test_account_numbers_are_read_in_three_forms(text: str, masked: str) -> None:
    number = AccountNumber.parse(text)
    assert number.masked == masked
    assert "5678" not in repr(number)


@pytest.mark.parametrize(
    "text", ["", "1234567", "123456789", "1234-5678-01", "12345678-1", "12345678_01", "１２３４５６７８", "abcdefgh-01"]
)
def test_a_malformed_account_number_is_told_without_its_digits(text: str) -> None:
    with pytest.raises(AccountError) as caught:
        AccountNumber.parse(text)
    assert not text or text not in caught.value.message("en")


def test_the_three_variables_are_the_account_env() -> None:
    settings = Settings.load(WHOLE)
    account = settings.account()
    assert settings.account_names() == ("env",)
    assert (account.name, account.number.masked, account.environment) == ("env", "1234****-01", Environment.REAL)
    assert account.host == "https://openapi.koreainvestment.com:9443"
    assert settings.account("env") == account


@pytest.mark.parametrize("missing", list(WHOLE))
def test_a_missing_variable_is_named(missing: str) -> None:
    with pytest.raises(ConfigError, match=missing):
        Settings.load({key: value for key, value in WHOLE.items() if key != missing}).account()


def test_no_account_at_all_says_what_to_run() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load({}).account()
    assert "kis-xl demo" in caught.value.hint.en
    assert "kis-xl demo" in caught.value.hint.ko


def test_an_unknown_account_is_told_with_the_known_ones() -> None:
    with pytest.raises(AccountError, match="savings") as caught:
        Settings.load(WHOLE).account("savings")
    assert "env" in caught.value.hint.en


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"KIS_XL_ENV": "paper"}, "KIS_XL_ENV"),
        ({"KIS_XL_LANG": "fr"}, "KIS_XL_LANG"),
        ({"KIS_XL_RATE": "fast"}, "KIS_XL_RATE"),
        ({"KIS_XL_RATE": "0"}, "KIS_XL_RATE"),
        ({"KIS_XL_READ_TIMEOUT": "nan"}, "KIS_XL_READ_TIMEOUT"),
        ({"KIS_XL_ATTEMPTS": "1.5"}, "KIS_XL_ATTEMPTS"),
        ({"KIS_XL_CUSTTYPE": "C"}, "KIS_XL_CUSTTYPE"),
        ({"KIS_XL_CUSTTYPE": "B"}, "KIS_XL_PERSONALSECKEY, KIS_XL_PHONE_NUMBER, KIS_XL_IP_ADDR"),
        ({"KIS_XL_PARAMETERS": "INQR_DVSN"}, "KIS_XL_PARAMETERS"),
        ({"KIS_XL_PARAMETERS": "INQR_DVSN=03"}, "INQR_DVSN"),
        ({"KIS_XL_BASE_URL": "http://example.com"}, "KIS_XL_BASE_URL"),
        ({"KIS_XL_BASE_URL": "ftp://127.0.0.1"}, "KIS_XL_BASE_URL"),
        ({"KIS_XL_BASE_URL": "https://user:pass@example.com"}, "KIS_XL_BASE_URL"),
        ({"KIS_XL_BASE_URL": "https://[::1"}, "KIS_XL_BASE_URL"),
        ({"KIS_XL_APPKEY": "with space"}, "appkey"),
        ({"KIS_XL_APPSECRET": "한글"}, "appsecret"),
    ],
)
def test_a_wrong_value_is_named(given: dict[str, str], named: str) -> None:
    with pytest.raises(KisError, match=named) as caught:
        Settings.load(WHOLE | given).account()
    assert caught.value.exit_code == 2
    assert caught.value.hint.ko


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:5/", "https://proxy.example.com:9443/"])
def test_other_hosts_are_allowed_over_https_or_on_this_machine(url: str) -> None:
    assert Settings.load(WHOLE | {"KIS_XL_BASE_URL": url}).account().host == url.rstrip("/")


def test_a_corporation_has_its_fields() -> None:
    account = Settings.load(WHOLE | CORPORATE | {"KIS_XL_ENV": "mock", "KIS_XL_MAC_ADDRESS": "001122334455"}).account()
    assert account.custtype == "B"
    assert account.corporate is not None
    assert account.corporate.seq_no == "001"
    assert account.mac_address == "001122334455"
    assert "customer-key" not in repr(account)
    assert "01011112222" not in repr(account)


def test_limits_and_patience_are_settings() -> None:
    policy = Settings.load({"KIS_XL_RATE": "3", "KIS_XL_READ_TIMEOUT": "7.5", "KIS_XL_ATTEMPTS": "2"}).policy
    assert (policy.rate, policy.read_timeout, policy.attempts) == (Rate(3, 1.05), 7.5, 2)
    standard = Settings.load({}).policy
    assert (standard.rate_for(Environment.REAL), standard.rate_for(Environment.MOCK)) == (Rate(18, 1.05), Rate(1, 1.1))


def test_the_data_folder_is_the_users_own_by_default(tmp_path: Path) -> None:
    assert Settings.load({"KIS_XL_HOME": str(tmp_path)}).folder.path == tmp_path
    assert Settings.load({}).folder.path.name == "kis_xl"


def test_settings_show_no_secret() -> None:
    assert "secret/+=" not in repr(Settings.load(WHOLE))


def test_parameters_are_checked_against_the_document() -> None:
    assert list(CHOOSABLE) == [
        "AFHR_FLPR_YN", "OFL_YN", "INQR_DVSN", "UNPR_DVSN", "FUND_STTL_ICLD_YN", "FNCG_AMT_AUTO_RDPT_YN", "PRCS_DVSN"
    ]  # fmt: skip
    assert check_parameters({"inqr_dvsn": "02", "AFHR_FLPR_YN": "x"}) == {"INQR_DVSN": "02", "AFHR_FLPR_YN": "X"}
    with pytest.raises(ArgumentError) as caught:
        check_parameters({"PRCS_DVSN": "9"})
    assert "00 (included), 01 (not included)" in caught.value.hint.en
    for key in ("CANO", "CTX_AREA_NK100", "NOPE"):
        with pytest.raises(ArgumentError, match=key):
            check_parameters({key: "1"})


def test_a_query_holds_all_eleven_parameters() -> None:
    account = Account("a", AccountNumber.parse("12345678-22"), Secret("key-key"), Secret("secret-secret"), parameters={"PRCS_DVSN": "01"})
    assert query(account, {"AFHR_FLPR_YN": "X"}) == {
        "CANO": "12345678",
        "ACNT_PRDT_CD": "22",
        "AFHR_FLPR_YN": "X",
        "OFL_YN": "",
        "INQR_DVSN": "01",
        "UNPR_DVSN": "01",
        "FUND_STTL_ICLD_YN": "N",
        "FNCG_AMT_AUTO_RDPT_YN": "N",
        "PRCS_DVSN": "01",
        "CTX_AREA_FK100": "",
        "CTX_AREA_NK100": "",
    }


def test_pairs_are_separated_by_semicolons() -> None:
    assert parse_pairs(" a = 1 ;; b=x=y ; ", "here") == {"a": "1", "b": "x=y"}


@pytest.mark.parametrize("name", ["README.md"])
def test_every_variable_is_in_the_readme(name: str) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    assert [key for key in VARIABLES if f"`{key}`" not in text] == []


@pytest.mark.parametrize(("key", "value"), [("KIS_XL_PHONE_NUMBER", "010-1111-2222"), ("KIS_XL_IP_ADDR", "999.1.1.1")])
def test_what_a_corporation_sends_has_its_form(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=key) as caught:
        Settings.load(WHOLE | CORPORATE | {key: value}).account()
    assert caught.value.hint.ko
    assert "1111" not in caught.value.message("ko")
