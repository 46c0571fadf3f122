"""The settings: what the user has set, from environment variables and the configuration file, as typed values.

A variable goes before the file. The three of an account (KIS_XL_ACCOUNT, KIS_XL_APPKEY, KIS_XL_APPSECRET) make an account
named `env`, which is then the default; it needs neither the file nor a secret store.
"""

from __future__ import annotations

import difflib
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from kis_xl import configfile, practice
from kis_xl.accounts import Account, AccountNumber, Corporate, check_header, check_host, check_parameters
from kis_xl.configfile import ALL, ENV_ACCOUNT, ConfigFile, Entry
from kis_xl.datafolder import DataFolder
from kis_xl.errors import AccountError, ConfigError, KisError
from kis_xl.fields import Environment
from kis_xl.history.place import Server
from kis_xl.language import LANGUAGES, Language, Text, current
from kis_xl.policy import Policy, calls_per_second
from kis_xl.redaction import Secret, shown
from kis_xl.secretstore import store_of
from kis_xl.values import Values
from kis_xl.variables import (
    ACCOUNT_VARIABLES,
    CORPORATE_KEYS,
    OF_AN_ACCOUNT,
    PREFERENCES,
    home_of,
    parse_pairs,
    register_secrets,
    values_of,
    variables_in,
)

_ACCOUNT_DIGITS: Final = 8


@dataclass(frozen=True)
class Listed:
    """What of an account may be shown: its name, `1234****-01`, its environment, whether it is the default or practice."""

    name: str
    masked: str
    environment: Environment
    default: bool
    practice: bool = False


@dataclass(frozen=True)
class Settings:
    """What the user has set. Made by `load()`; an account's secrets are read when it is asked for."""

    folder: DataFolder
    language: Language
    policy: Policy
    file: ConfigFile = field(repr=False)
    _variables: Mapping[str, str] = field(repr=False)
    _accounts: dict[str, Account] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the environment (`os.environ` by default) and the file; KisError names the setting that is wrong."""
        variables = variables_in(os.environ if environ is None else environ)
        register_secrets(variables)
        home = home_of(variables)
        file = configfile.read(home / configfile.FILE_NAME)
        preferences = values_of(variables, PREFERENCES)
        languages: dict[str, Language] = {name: name for name in LANGUAGES}
        language = preferences.choice("language", languages, file.values.choice("language", languages, current()))
        folder = DataFolder(home, _history(preferences if "history" in preferences else file.values))
        return cls(folder, language, _policy(preferences, _policy(file.values, Policy())), file, MappingProxyType(variables))

    def parameters(self) -> dict[str, str]:
        """The query parameters for every call. Raises ConfigError or ArgumentError."""
        return {**self.file.parameters, **self._parameters_of_the_variable()}

    def account_names(self) -> tuple[str, ...]:
        """The names of all accounts; the default is the first."""
        return tuple(listed.name for listed in self.listed())

    def listed(self) -> tuple[Listed, ...]:
        """All accounts, as they may be shown; no secret is read. The default is the first."""
        found = [
            Listed(entry.name, *_shown(entry), default=entry.name == self.default, practice=entry.practice)
            for entry in self.file.accounts.values()
        ]
        if self.has_variables:
            account = self._of_variables()
            found.append(Listed(ENV_ACCOUNT, account.number.masked, account.environment, default=True))
        return tuple(sorted(found, key=lambda listed: not listed.default))

    @property
    def default(self) -> str:
        """The name of the default account, "" where there is none."""
        return ENV_ACCOUNT if self.has_variables else self.file.default

    @property
    def base_url(self) -> str:
        """The other host that the environment variable names, "" for the service's own. ConfigError where it cannot be."""
        values = values_of(self._variables, OF_AN_ACCOUNT)
        if "base_url" in values:
            values.checked("base_url", check_host)
        return values.text("base_url")

    @property
    def has_variables(self) -> bool:
        """Whether environment variables are, or were meant to be, an account."""
        return any(key in self._variables for key in ACCOUNT_VARIABLES)

    def account(self, name: str | None = None) -> Account:
        """The account called `name` (in any case, or by its number), by default the default one. AccountError names the nearest."""
        known = self.find(name or "")
        if known not in self._accounts:
            self._accounts[known] = self._of_variables() if known == ENV_ACCOUNT else self._of_file(self.file.accounts[known])
        return self._accounts[known]

    def accounts(self, name: str | None = None) -> tuple[Account, ...]:
        """All accounts for `*`, otherwise the one that `account` gives."""
        if name != ALL:
            return (self.account(name),)
        return tuple(self.account(each) for each in self.account_names() or ("",))

    def find(self, name: str) -> str:
        """The name, as it is written in the settings, of the account that `name` means."""
        names = (*self.file.accounts, *([ENV_ACCOUNT] if self.has_variables else []))
        if not names:
            raise ConfigError(
                Text("설정된 계좌가 없습니다.", "no account is set up"),
                Text(
                    "`kis-xl setup` 으로 등록하세요. 키 없이 해 보려면 `kis-xl setup --demo`, 보고서만 보려면 `kis-xl demo` 입니다.",
                    "Run `kis-xl setup`. With no keys, `kis-xl setup --demo` makes a practice account and `kis-xl demo` a report.",
                ),
            )
        wanted = unicodedata.normalize("NFC", name.strip())
        if not wanted:
            return self.default
        found = next((known for known in names if known.casefold() == wanted.casefold()), None) or self._numbered(wanted, names)
        if found is None:
            raise self._unknown(wanted, names)
        return found

    def _numbered(self, wanted: str, names: tuple[str, ...]) -> str | None:
        try:
            number = AccountNumber.parse(wanted)
        except AccountError:
            return None
        masked = {listed.name: listed.masked for listed in self.listed()}
        has_product = len(wanted) > _ACCOUNT_DIGITS
        found: dict[str, AccountNumber] = {}
        trouble: KisError | None = None
        for known in names:
            # the secrets of others need not be read
            if masked[known] == number.masked or (not has_product and masked[known][:4] == number.masked[:4]):
                try:
                    found[known] = self.account(known).number
                except KisError as error:
                    trouble = trouble or error
        same = [known for known, other in found.items() if other == number]
        alike = [known for known, other in found.items() if other.cano == number.cano and not has_product]
        if same or len(alike) == 1:  # without a product code it is 01, or the only one there is
            return (same or alike)[0]
        if trouble is not None:
            raise trouble
        return None

    @staticmethod
    def _unknown(wanted: str, names: tuple[str, ...]) -> AccountError:
        near = ", ".join(difflib.get_close_matches(wanted, names, n=3, cutoff=0.4) or names)
        # a number, however it is grouped, is not repeated
        quoted = shown(wanted) if sum(map(str.isdigit, wanted)) < _ACCOUNT_DIGITS else "****"
        return AccountError(
            Text(f"이런 이름의 계좌가 없습니다: {quoted}", f"there is no account called {quoted}"),
            Text(f"비슷한 계좌: {near}", f"Nearest: {near}"),
        )

    def _parameters_of_the_variable(self) -> dict[str, str]:
        return check_parameters(parse_pairs(self._variables.get("KIS_XL_PARAMETERS", ""), "KIS_XL_PARAMETERS"))

    def _of_variables(self) -> Account:
        values = values_of(self._variables, OF_AN_ACCOUNT)
        values.need(("number", "appkey", "appsecret"), Text("계좌 설정", "the account"))
        environment = values.choice("environment", {entry.key: entry for entry in Environment}, Environment.REAL)
        return _account(ENV_ACCOUNT, values, environment, self.parameters())

    def _of_file(self, entry: Entry) -> Account:
        parameters = {**self.file.parameters, **entry.parameters, **self._parameters_of_the_variable()}
        if entry.practice:
            return practice.practice_account(entry.name, parameters)
        store = store_of(entry.values.text("secrets", "auto"), self.folder)
        stored = store.read(entry.values.text("id")) if "id" in entry.values else None
        values = entry.values.with_secrets({key: text for key, text in (stored or {}).items() if key in _STORED})
        missing = [key for key in ("appkey", "appsecret", "number") if key not in values or "*" in values.text(key)]
        if missing:
            name = entry.values.called("id")
            raise ConfigError(
                Text(f"{name.ko}: 보안 저장소에 이 계좌의 앱키가 없습니다.", f"{name.en}: the secret store holds no keys for this account"),
                Text("`kis-xl setup` 으로 다시 등록하세요.", "Enter them again with `kis-xl setup`."),
            )
        account = _account(entry.name, values, entry.environment, parameters)
        written = entry.values.text("number")
        if account.number.masked != entry.masked or ("*" not in written and AccountNumber.parse(written) != account.number):
            name = entry.values.called("number")
            raise ConfigError(
                Text(
                    f"{name.ko}: 보안 저장소의 앱키가 다른 계좌의 것입니다.",
                    f"{name.en}: the keys in the secret store are another account's",
                ),
                Text("`kis-xl setup` 으로 이 계좌를 다시 등록하세요.", "Enter this account again with `kis-xl setup`."),
            )
        return account


_STORED: Final = ("number", "appkey", "appsecret", "personalseckey", "phone_number")


def _shown(entry: Entry) -> tuple[str, Environment]:
    if not entry.practice:
        return entry.masked, entry.environment
    account = practice.practice_account(entry.name, {})
    return account.number.masked, account.environment


def _account(name: str, values: Values, environment: Environment, parameters: Mapping[str, str]) -> Account:
    for key in ("appkey", "appsecret", "personalseckey", "phone_number", "ip_addr", "seq_no", "mac_address"):
        if key in values:
            values.checked(key, lambda text, key=key: check_header(key, text))  # type: ignore[misc]
    if "base_url" in values:
        values.checked("base_url", check_host)
    corporate = None
    if values.choice("customer_type", {"P": False, "B": True}, default=False):
        kind = values.called("customer_type")
        values.need(CORPORATE_KEYS, Text(f"법인 계좌({kind.ko}=B)", f"a corporate account ({kind.en}=B)"))
        corporate = Corporate(
            Secret(values.text("personalseckey")),
            Secret(values.text("phone_number")),
            ip_addr=values.text("ip_addr"),
            seq_no=values.text("seq_no", "001"),
        )
    return Account(
        name=name,
        number=AccountNumber.parse(values.text("number")),
        appkey=Secret(values.text("appkey")),
        appsecret=Secret(values.text("appsecret")),
        environment=environment,
        base_url=values.text("base_url"),
        corporate=corporate,
        mac_address=values.text("mac_address"),
        parameters=parameters,
        calls_per_second=values.number("calls_per_second", int, 0, least=1, most=1000),
    )


def _history(values: Values) -> str:
    """The address of the history's server, "" for a file in the data folder."""
    return values.checked("history", Server.parse).url if "history" in values else ""


def _policy(values: Values, basis: Policy) -> Policy:
    calls = values.number("calls_per_second", int, 0, least=1, most=1000)
    return Policy(
        connect_timeout=values.number("connect_timeout", float, basis.connect_timeout, least=0.1, most=600),
        read_timeout=values.number("read_timeout", float, basis.read_timeout, least=0.1, most=600),
        attempts=values.number("attempts", int, basis.attempts, least=1, most=50),
        rate=calls_per_second(calls) if calls else basis.rate,
    )
