"""Access tokens: `POST /oauth2/tokenP` and `POST /oauth2/revokeP`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kis_xl.fields import Environment
from kis_xl.kst import KST
from kis_xl.simulator.accounts import SimAccount
from kis_xl.simulator.limits import Limits
from kis_xl.simulator.messages import Refusal

TOKEN_PATH = "/oauth2/tokenP"  # noqa: S105
REVOKE_PATH = "/oauth2/revokeP"
_SIGNED_WITH = b"a simulator signs with a key that everybody may know"


@dataclass
class _Token:
    text: str
    appkey: str
    environment: Environment
    issued: float
    expires: float
    revoked: bool = False


class TokenDesk:
    """Issues, checks and revokes tokens. Tokens belong to an app key on a host; times are seconds since 1970."""

    def __init__(self, accounts: Iterable[SimAccount], limits: Limits) -> None:
        self._accounts = {account.appkey: account for account in accounts}
        self._limits = limits
        self._tokens: dict[str, _Token] = {}
        self._current: dict[tuple[str, Environment], _Token] = {}
        self._answered: dict[tuple[str, Environment], float] = {}
        self.issued = 0

    def account(self, appkey: str | None, appsecret: str | None) -> SimAccount:
        """Whose keys these are; Refusal EGW00102 to EGW00105 otherwise."""
        if not appkey:
            raise Refusal("EGW00102")
        account = self._accounts.get(appkey)
        if account is None:
            raise Refusal("EGW00103")
        if not appsecret:
            raise Refusal("EGW00104")
        if appsecret != account.appsecret:
            raise Refusal("EGW00105")
        return account

    def issue(self, environment: Environment, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request for a token: the one of the last six hours again, or a new one.

        A host does not look whether the key is of its own kind: keys of the other environment get a token all the same.
        """
        grant = _text(asked, "grant_type")
        if not grant:
            raise Refusal("EGW00115")
        if grant != "client_credentials":
            raise Refusal("EGW00116")
        account = self.account(_text(asked, "appkey"), _text(asked, "appsecret"))
        owner, now = (account.appkey, environment), time.time()
        spacing = self._limits.token_spacing
        if spacing is not None and now - self._answered.get(owner, -spacing) < spacing:
            raise Refusal("EGW00133")
        self._answered[owner] = now
        token = self._current.get(owner)
        if token is None or token.revoked or now >= min(token.issued + self._limits.token_reuse, token.expires):
            token = self._new(owner, now)
        return {
            "access_token": token.text,
            "access_token_token_expired": f"{datetime.fromtimestamp(token.expires, KST):%Y-%m-%d %H:%M:%S}",
            "token_type": "Bearer",
            # also for a token that is hours old: only the line above is true
            "expires_in": 86400,
        }

    def revoke(self, environment: Environment, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request to revoke a token."""
        account = self.account(_text(asked, "appkey"), _text(asked, "appsecret"))
        token = self._tokens.get(_text(asked, "token"))
        if token is None or (token.appkey, token.environment) != (account.appkey, environment):
            raise Refusal("EGW00121")
        token.revoked = True
        return {"code": 200, "message": "접근토큰 폐기에 성공하였습니다"}

    def check(self, text: str, account: SimAccount, environment: Environment) -> None:
        """Refusal EGW00121 for a token never issued, EGW00122 for a revoked one, EGW00123 for an old or foreign one."""
        token = self._tokens.get(text)
        if token is None:
            raise Refusal("EGW00121")
        if token.revoked:
            raise Refusal("EGW00122")
        if (token.appkey, token.environment) != (account.appkey, environment) or time.time() >= token.expires:
            raise Refusal("EGW00123")

    def drop(self, text: str) -> None:
        """Forget a token, as maintenance does."""
        token = self._tokens.get(text)
        if token is not None:
            token.expires = 0.0

    def _new(self, owner: tuple[str, Environment], now: float) -> _Token:
        self.issued += 1
        appkey, environment = owner
        token = _Token(
            _jwt(appkey, now, now + self._limits.token_life, self.issued), appkey, environment, now, now + self._limits.token_life
        )
        self._tokens[token.text] = self._current[owner] = token
        return token


def _jwt(appkey: str, issued: float, expires: float, number: int) -> str:
    """A signed token whose `jti` is the app key, as KIS's are; the number keeps two of one second apart."""
    head = {"typ": "JWT", "alg": "HS256"}
    claims = {"sub": "token", "aud": f"{number:08d}", "iss": "simulator", "exp": int(expires), "iat": int(issued), "jti": appkey}
    signed = ".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
    return f"{signed}.{_base64(hmac.new(_SIGNED_WITH, signed.encode(), hashlib.sha256).digest())}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _text(asked: Mapping[str, Any], key: str) -> str:
    value = asked.get(key)
    return value if isinstance(value, str) else ""
