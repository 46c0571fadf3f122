"""How an account comes in and goes out: what looks wrong before anything is called, whether the keys work, and the saving.

No terminal in here: `kis-xl setup` and `kis-xl accounts` ask the questions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

from kis_xl import configfile
from kis_xl.accounts import Account, AccountNumber, Corporate
from kis_xl.broker import Broker, ProgressCallback, calls_per_second
from kis_xl.configedit import ConfigEditor, NewAccount
from kis_xl.configfile import ENV_ACCOUNT
from kis_xl.datafolder import DataFolder, write_atomically
from kis_xl.errors import KisError, OutputError, reason_of
from kis_xl.fields import REQUEST_HEADERS, Environment, by_key
from kis_xl.language import Text
from kis_xl.leftovers import Leftovers
from kis_xl.models import Balance
from kis_xl.policy import Policy
from kis_xl.practice import practice_account
from kis_xl.redaction import Secret
from kis_xl.secretstore import SecretStore, new_name, store_of
from kis_xl.settings import Settings
from kis_xl.snapshots import Key, Snapshots

#: Accounts of mock trading are given numbers that begin so. Real ones may, too: it is a reason to ask, not to refuse.
_MOCK_BEGINS: Final = "50"
_ROOM: Final = 64 * 1024
_LENGTHS: Final = {key: by_key(REQUEST_HEADERS)[key].length or 0 for key in ("appkey", "appsecret")}


@dataclass(frozen=True)
class Draft:
    """An account as it is being entered."""

    environment: Environment
    number: AccountNumber
    appkey: Secret
    appsecret: Secret
    base_url: str = ""
    corporate: Corporate | None = None
    mac_address: str = ""

    def account(self, name: str) -> Account:
        """The account that it would be. Raises KisError where a value cannot be."""
        return Account(name, self.number, self.appkey, self.appsecret, self.environment, self.base_url, self.corporate, self.mac_address)


def other_than(environment: Environment) -> Environment:
    """The environment that it may have been meant to be."""
    return Environment.MOCK if environment is Environment.REAL else Environment.REAL


def doubt_about_keys(appkey: str, appsecret: str) -> Text | None:
    """Why these can hardly be a key pair: one is in the other's place, or not as long as the document says."""
    lengths = {"appkey": len(appkey), "appsecret": len(appsecret)}
    if swapped(appkey, appsecret):
        return Text("앱키와 앱시크릿이 서로 바뀐 것 같습니다.", "The app key and the app secret seem to have changed places.")
    for key, length in lengths.items():
        if length != _LENGTHS[key]:
            named = Text("앱키는", "An app key") if key == "appkey" else Text("앱시크릿은", "An app secret")
            return Text(
                f"{named.ko} 보통 {_LENGTHS[key]}자인데 {length}자가 입력되었습니다.",
                f"{named.en} usually has {_LENGTHS[key]} characters, and this one has {length}.",
            )
    return None


def swapped(appkey: str, appsecret: str) -> bool:
    """Whether each is as long as the other should be."""
    return (len(appkey), len(appsecret)) == (_LENGTHS["appsecret"], _LENGTHS["appkey"])


def doubt_about_environment(environment: Environment, number: AccountNumber, appkey: str, settings: Settings) -> Text | None:
    """Why the environment may be the wrong one, as far as that shows without a call."""
    for listed in settings.listed():
        if not listed.practice and listed.environment is not environment and _has_key(settings, listed.name, appkey):
            return Text(
                f"같은 앱키가 「{listed.name}」 계좌에 {listed.environment.caption.ko}용으로 등록되어 있습니다.",
                f"The same app key belongs to the account {listed.name}, which is {listed.environment.caption.en}.",
            )
    looks_mock = number.cano.startswith(_MOCK_BEGINS)
    if looks_mock is not (environment is Environment.MOCK):
        return Text(
            f"{_MOCK_BEGINS}으로 시작하는 번호는 보통 모의투자 계좌입니다."
            if looks_mock
            else f"모의투자 계좌는 보통 {_MOCK_BEGINS}으로 시작합니다.",
            f"Numbers that begin with {_MOCK_BEGINS} are usually mock accounts."
            if looks_mock
            else f"The numbers of mock accounts usually begin with {_MOCK_BEGINS}.",
        )
    return None


def registered(draft: Draft, settings: Settings) -> tuple[str | None, bool]:
    """The name under which this account is in the file already, and whether that is certain.

    It is not where the keys of an account with the same masked number are lost: its number is lost with them.
    """
    unknown = None
    for listed in settings.listed():
        if listed.name != ENV_ACCOUNT and not listed.practice and listed.masked == draft.number.masked:
            try:
                if settings.account(listed.name).number == draft.number:
                    return listed.name, True
            except KisError:
                unknown = listed.name
    return unknown, unknown is None


def _has_key(settings: Settings, name: str, appkey: str) -> bool:
    try:
        return settings.account(name).appkey.reveal() == appkey
    except KisError:  # its keys cannot be read
        return False


class Trials:
    """Drafts tried at the service, one after another, until one is right; a context manager.

    A token that had to be got for them stays where the draft that was tried last is saved (`keep`), and is deleted otherwise.
    Until then it serves the next trial of the same keys: only one a minute is issued.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._to_forget: dict[tuple[Secret, str], Broker] = {}
        self._last: tuple[Secret, str] | None = None

    def balance(self, draft: Draft, progress: ProgressCallback | None = None) -> Balance:
        """The draft's whole account. Keys of the other environment are refused before a token is asked for. Raises KisError."""
        account = draft.account("new")
        self._last = (account.appkey, account.host)
        with Broker(account, self._settings.folder, _hasty(self._settings.policy, draft.environment)) as broker:
            if broker.token_expiry() is None:
                self._to_forget[self._last] = broker
                broker.try_keys()
            return broker.balance(progress=progress)

    def keep(self) -> None:
        """Let the token of the draft that was tried last stay."""
        if self._last is not None:
            self._to_forget.pop(self._last, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for broker in self._to_forget.values():
            if broker.token_expiry() is not None:  # one that these keys cannot read is another's
                broker.forget()


def _hasty(policy: Policy, environment: Environment) -> Policy:
    """For a person who waits at a terminal and can be asked: gives up soon. A key that is new may make 3 calls a second."""
    return replace(
        policy,
        attempts=min(policy.attempts, 4),
        read_timeout=min(policy.read_timeout, 15.0),
        longest_call=min(policy.longest_call, 20.0),
        rate=policy.rate or (calls_per_second(3) if environment is Environment.REAL else None),
    )


def check_writable(folder: DataFolder) -> None:
    """Whether what is entered can be kept: better known before than after the questions. Raises ConfigError or OutputError."""
    path = folder.part("locks") / f"probe-{new_name()}"  # of its own: another set-up may be doing the same
    try:
        write_atomically(path, bytes(_ROOM))
        path.unlink(missing_ok=True)
    except OSError as error:
        reason = reason_of(error)
    else:
        return
    raise OutputError(
        Text(f"데이터 폴더에 쓸 수 없습니다: {folder.path} ({reason})", f"the data folder cannot be written: {folder.path} ({reason})"),
        Text(
            "폴더의 권한과 디스크의 남은 공간을 확인하거나, KIS_XL_HOME 을 다른 폴더로 지정하세요.",
            "Check its permissions and the disk's free space, or set KIS_XL_HOME to another folder.",
        ),
    )


def save(
    draft: Draft, name: str, settings: Settings, *, secrets: str = "auto", replace: bool = False, default: bool = False
) -> SecretStore:
    """Put the account into the configuration and its secrets into the store, which is returned. All or nothing; raises KisError."""
    values: dict[str, str | int | bool] = {"number": draft.number.masked, "environment": draft.environment.key}
    kept = {
        "number": f"{draft.number.cano}-{draft.number.product}",
        "appkey": draft.appkey.reveal(),
        "appsecret": draft.appsecret.reveal(),
    }
    if draft.base_url:
        values["base_url"] = draft.base_url
    if draft.corporate is not None:
        values |= {"customer_type": "B", "ip_addr": draft.corporate.ip_addr, "seq_no": draft.corporate.seq_no}
        kept |= {"personalseckey": draft.corporate.personalseckey.reveal(), "phone_number": draft.corporate.phone_number.reveal()}
    if draft.mac_address:
        values["mac_address"] = draft.mac_address
    added = NewAccount(name, values, {}, kept)
    store = ConfigEditor(settings.folder).add(added, secrets=secrets, replace=replace, default=default)
    assert store is not None  # noqa: S101 (there are secrets)
    return store


def keys_go_to(settings: Settings, secrets: str) -> SecretStore:
    """Where `save` would put the keys. Raises ConfigError where there is no such store."""
    return store_of(secrets, settings.folder)


def default_is_practice(settings: Settings) -> bool:
    """Whether what is shown where no account is named is made up."""
    entry = settings.file.accounts.get(settings.file.default)
    return entry is not None and entry.practice


def save_practice(name: str, settings: Settings) -> Account:
    """Add a practice account, which has no secrets, unless it is there. AccountError where an account of one's own has that name."""
    known = next((each for each in settings.file.accounts.values() if each.name.casefold() == name.casefold()), None)
    if known is None or not known.practice:
        ConfigEditor(settings.folder).add(NewAccount(name, {"practice": True}, {}, {}))
    return practice_account(name if known is None else known.name, {})


def entries(settings: Settings) -> frozenset[str]:
    """The names of the accounts' entries in the secret store, as the configuration names them now."""
    return configfile.read(settings.file.path).entries


def remember(balance: Balance, account: Account, settings: Settings) -> KisError | None:
    """Keep the first balance, so that Excel and the history have it; where that fails, why."""
    return Snapshots(settings.folder, settings.policy).keep(Key.of(account), balance)


def remove(name: str, settings: Settings) -> str:
    """Take an account, its secrets and its token off this machine; its name. The history stays. Raises KisError."""
    known = settings.find(name)
    try:
        account = settings.account(known)
    except KisError:
        account = None  # its keys have gone already, so its token cannot be told from others'
    # two accounts may share a key pair, and so a token
    others = [other for other in (*settings.file.accounts, ENV_ACCOUNT) if other != known]
    shared = account is not None and any(_has_key(settings, other, account.appkey.reveal()) for other in others)
    ConfigEditor(settings.folder).remove(known)
    if account is not None and account.practice is None and not shared:
        with Broker(account, settings.folder, settings.policy) as broker:
            broker.forget()
    return known


def left_in_store(settings: Settings) -> bool:
    """Whether keys of an account that has gone could not be deleted: their store does not open."""
    return bool(Leftovers(settings.folder).noted())
