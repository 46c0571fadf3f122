"""What is asked of an account, where each thing is found, and what is asked again when it looked wrong."""

from __future__ import annotations

from dataclasses import replace

from kis_xl.accounts import AccountNumber, Corporate, check_header
from kis_xl.cli.asking import agree, ask, choose, say
from kis_xl.configfile import check_name
from kis_xl.errors import AccountError, ConfigError
from kis_xl.fields import Environment
from kis_xl.language import Text
from kis_xl.onboarding import Draft, doubt_about_environment, doubt_about_keys, other_than, swapped
from kis_xl.redaction import Secret
from kis_xl.settings import Settings

_WHERE = Text(
    """
KIS Developers 에서 준비할 것: 계좌번호, 앱키(App Key), 앱시크릿(App Secret)
  1. https://apiportal.koreainvestment.com 오른쪽 위의 「API신청」을 누르고
     한국투자증권에 로그인해, 잔고를 볼 계좌를 신청합니다.
     (모의투자는 홈페이지나 앱에서 모의투자부터 신청하고, 그 계좌로 신청합니다.)
  2. 신청이 끝나면 「신청현황」 표에서 App Key 와 App Secret 을 복사합니다.
입력하는 것은 화면에 보이지 않고, 이 컴퓨터에만 저장되며, 조회에만 쓰입니다.
아직 앱키가 없으면: kis-xl setup --demo (연습 계좌)    그만두기: Ctrl-C
""",
    """
What you need from KIS Developers: account number, App Key, App Secret
  1. Go to https://apiportal.koreainvestment.com, press "API신청" (apply) at the
     top right, log in and apply with the account whose balance you want.
     (For mock trading first get a mock account on the homepage or in the app.)
  2. Then copy App Key and App Secret from the table "신청현황" (applications).
What you type is not shown, stays on this machine and is only used to inquire.
No keys yet? kis-xl setup --demo makes a practice account.    Ctrl-C stops.
""",
)
_ENVIRONMENTS = {
    "real": Text("실전투자 (실제 계좌)", "real (your own money)"),
    "mock": Text("모의투자 (KIS의 모의투자 계좌)", "mock (the broker's trading game)"),
}
_NAMES = {"appkey": Text("앱키", "the app key"), "appsecret": Text("앱시크릿", "the app secret")}
_PASTE_KEY = "\x16"  # what Ctrl-V types where it does not paste


def ask_all(settings: Settings, environment: str | None, *, corporate: bool) -> Draft:
    """A whole account, question by question."""
    host = settings.base_url  # judged first: better than after all questions
    say(_WHERE)
    if host:
        say(Text(f"서버(KIS_XL_BASE_URL): {host}", f"The server (KIS_XL_BASE_URL): {host}"))
    kind = Environment.of(environment or choose(Text("어느 계좌입니까?", "Which kind of account?"), _ENVIRONMENTS, "real"))
    number = ask_number()
    appkey, appsecret = ask_keys()
    doubt = doubt_about_environment(kind, number, appkey.reveal(), settings)
    if doubt is not None:
        say(doubt)
        other = other_than(kind)
        if agree(Text(f"{other.caption.ko} 계좌입니까?", f"Is it a {other.caption.en} account?"), default=True):
            kind = other
    draft = Draft(kind, number, appkey, appsecret, settings.base_url)
    return replace(draft, corporate=ask_corporation()) if corporate else draft


def ask_number() -> AccountNumber:
    """The account number, of which the middle is never shown."""
    question = Text("계좌번호 (8자리-2자리, 예: 12345678-01)", "Account number (8 digits-2 digits, such as 12345678-01)")
    return ask(question, AccountNumber.parse, hidden=True, seen=lambda number: Text(number.masked, number.masked))


def ask_keys() -> tuple[Secret, Secret]:
    """App key and app secret."""
    say(
        Text(
            "표에서 하나씩 복사해 붙여 넣고 Enter를 누르세요. 화면에는 보이지 않습니다.",
            "Copy them from the table one by one, paste, and press Enter. Nothing is shown.",
        )
    )
    while True:
        appkey = _ask_hidden("appkey", Text("앱키 (App Key)", "App Key"))
        appsecret = _ask_hidden("appsecret", Text("앱시크릿 (App Secret)", "App Secret"))
        doubt = doubt_about_keys(appkey.reveal(), appsecret.reveal())
        if doubt is None:
            return appkey, appsecret
        say(doubt)
        if swapped(appkey.reveal(), appsecret.reveal()) and agree(Text("서로 바꿀까요?", "Swap them?"), default=True):
            return appsecret, appkey
        if not agree(Text("다시 입력할까요?", "Enter them again?"), default=True):
            return appkey, appsecret


def ask_corporation() -> Corporate:
    """What a corporation sends besides; KIS gives it the customer key."""
    seckey = _ask_hidden("personalseckey", Text("고객식별키 (personalseckey)", "Customer key (personalseckey)"))
    phone = _ask_hidden("phone_number", Text("핸드폰번호 (숫자만)", "Mobile number (digits only)"))
    return Corporate(seckey, phone, ask(Text("공인 IP", "Public IP address"), lambda text: _checked("ip_addr", text)))


def ask_name(suggested: str, settings: Settings) -> str:
    """A name that no account has yet."""
    taken = {listed.name.casefold() for listed in settings.listed()}

    def free(text: str) -> str:
        name = check_name(text)
        if name.casefold() in taken:
            raise AccountError(Text(f"이미 있는 이름입니다: {name}", f"there is one of that name: {name}"))
        return name

    return ask(Text("이 계좌를 부를 이름", "A name for this account"), free, default=suggested)


def _ask_hidden(key: str, question: Text) -> Secret:
    return ask(
        question,
        lambda text: Secret(_checked(key, text)),
        hidden=True,
        seen=lambda secret: Text(f"{len(secret.reveal())}자", f"{len(secret.reveal())} characters"),
    )


def _checked(key: str, text: str) -> str:
    named = _NAMES.get(key, Text(key, key))
    if not text:
        raise ConfigError(Text(f"{named.ko}: 입력된 것이 없습니다.", f"{named.en}: nothing was entered"))
    if _PASTE_KEY in text:
        raise ConfigError(
            Text("이 창에서는 Ctrl-V 로 붙여 넣을 수 없습니다.", "Ctrl-V does not paste in this window"),
            Text("마우스 오른쪽 단추로 붙여 넣으세요.", "Paste with the right mouse button."),
        )
    check_header(key, text)
    return text
