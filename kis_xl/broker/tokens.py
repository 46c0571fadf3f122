"""Access tokens: one per app key and environment, kept on disk, shared by every process of the machine.

Each new token sends the customer a message, and only one a minute is issued. So a token is kept until shortly before
it expires (the service's own time counts: `expires_in` always says a day), asked for under a file lock, and written
atomically: a process that is killed leaves either the old file or the new one. The file is encrypted under the keys that
the token belongs to: a copy of the data folder opens no account.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import tenacity
from cryptography.fernet import Fernet, InvalidToken
from filelock import FileLock, Timeout

from kis_xl import kst
from kis_xl.accounts import Account
from kis_xl.broker.codes import Action, Refusal
from kis_xl.broker.headers import NoAuth
from kis_xl.broker.http import Http
from kis_xl.datafolder import keep_to_owner, write_atomically
from kis_xl.errors import ConfigError, DataError, KisError, RateLimitError, reason_of
from kis_xl.fields import CONTENT_TYPE
from kis_xl.language import Text
from kis_xl.policy import Policy
from kis_xl.redaction import Secret, get_logger

_log = get_logger(__name__)

TOKEN_PATH: Final = "/oauth2/tokenP"  # noqa: S105 (a path)
REVOKE_PATH: Final = "/oauth2/revokeP"
_HEADERS: Final = {"content-type": CONTENT_TYPE}


@dataclass(frozen=True)
class Token:
    """An access token and when it expires (KST)."""

    secret: Secret
    expires: datetime


def cipher(appkey: str, appsecret: str) -> Fernet:
    """What the file of these keys' token is encrypted with. The keys are long and random: hashing them once is enough."""
    keys = f"{appkey}\0{appsecret}".encode()
    return Fernet(base64.urlsafe_b64encode(hashlib.blake2b(keys, digest_size=32, person=b"kis_xl token").digest()))


class TokenForOneFetch:
    """The token of one fetch: looked up once, and replaced once at most, however many pages there are."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._token: Token | None = None
        self._replaced = False

    def secret(self) -> Secret:
        """What to send."""
        self._token = self._token or self._tokens.get()
        return self._token.secret

    def replace(self) -> bool:
        """Get another one for the one that was refused; False when that was done before."""
        if self._replaced or self._token is None:
            return False
        self._token, self._replaced = self._tokens.replace(self._token), True
        return True


class Tokens:
    """The token of one account's app key, in `file`; None where there is nobody to share it with.

    A token that the file cannot serve, since it could not be written or since this machine's clock says that it has
    expired, is kept in memory, so that it costs one request a Broker and not one a fetch.
    """

    def __init__(self, account: Account, http: Http, file: Path | None, policy: Policy) -> None:
        self._account = account
        self._http = http
        self._file = file
        self._policy = policy
        self._kept: Token | None = None
        # long enough for another process to wait out the minute and be served
        self._lock = None if file is None else FileLock(f"{file}.lock", timeout=policy.token_wait + 60, mode=0o600)

    def get(self) -> Token:
        """The stored token while it is good for some minutes yet, otherwise a new one."""
        return self._kept or self._usable() or self._renew(dead=None)

    def replace(self, dead: Token) -> Token:
        """A token other than `dead`, which the service has refused: another process's newer one, or a new one."""
        return self._renew(dead)

    def revoke(self) -> bool:
        """Have the service forget the stored token and delete it; False when there was none that it knew."""
        with self._locked():
            token = self._read()
            if token is None:
                return False
            self._kept = None
            body = {**self._keys(), "token": token.secret.reveal()}
            try:
                self._http.call("POST", REVOKE_PATH, auth=NoAuth(), headers=lambda: _HEADERS, body=body, caller_handles=(Action.NEW_TOKEN,))
                known = True
            except Refusal:  # it was dead already
                known = False
            if self._file is not None:
                self._file.unlink(missing_ok=True)
            return known

    def expiry(self) -> datetime | None:
        """When the stored token expires (KST); None where there is none."""
        token = self._read()
        return None if token is None else token.expires

    def forget(self) -> None:
        """Delete the stored token here; the service still knows it until it expires."""
        self._kept = None
        if self._file is not None:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)

    def _usable(self, dead: Token | None = None) -> Token | None:
        token = self._read()
        if token is None or (dead is not None and token.secret == dead.secret):
            return None
        return token if self._has_time_left(token) else None

    def _has_time_left(self, token: Token) -> bool:
        return token.expires - kst.now() > timedelta(seconds=self._policy.token_margin)

    def _renew(self, dead: Token | None) -> Token:
        with self._locked():
            self._kept = None
            return self._issue_patiently(dead)

    def _locked(self) -> Any:
        """The lock, held; released by `with`."""
        try:
            return nullcontext() if self._lock is None else self._lock.acquire()
        except Timeout:
            fault: KisError = RateLimitError(
                Text(
                    "다른 kis_xl이 접근토큰을 받는 중이라 기다렸지만 끝나지 않았습니다.",
                    "another kis_xl process is getting a token and does not finish",
                ),
                Text("잠시 후 다시 시도하세요.", "Try again in a while."),
            )
        except OSError as error:
            fault = self._not_written(error)
        raise fault

    def _issue_patiently(self, dead: Token | None) -> Token:
        """A new token. Refused for asking within a minute, it asks again until the minute is over.

        Each time it looks into the file first: whoever had the lock before may have done the work, and on a share
        whose locks do not hold another machine may do it meanwhile.
        """
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_delay(self._policy.token_wait),
            wait=tenacity.wait_fixed(self._policy.token_retry_every),
            retry=tenacity.retry_if_exception_type(Refusal),
            before_sleep=lambda _: _log.info("waiting for a token: one a minute is issued"),
            reraise=True,
        )
        try:
            return retrying(lambda: self._usable(dead) or self._issue())
        except Refusal as refusal:
            failure = refusal.error
        raise failure

    def _issue(self) -> Token:
        body = {"grant_type": "client_credentials", **self._keys()}
        answer = self._http.call(
            "POST", TOKEN_PATH, auth=NoAuth(), headers=lambda: _HEADERS, body=body, caller_handles=(Action.WAIT_TOKEN,)
        ).body
        secret, expires = answer.get("access_token"), answer.get("access_token_token_expired")
        if not isinstance(secret, str) or not re.fullmatch(r"[!-~]+", secret):  # it will be sent as a header
            raise _not_understood("access_token")
        token = Token(Secret(secret), _expiry(expires))
        if not self._has_time_left(token):
            _log.warning("the new token expires at %s: is the clock of this machine right?", token.expires.isoformat())
        if not self._write(token) or not self._has_time_left(token):
            self._kept = token
        _log.info("got a new token, good until %s", token.expires.isoformat())
        return token

    def _keys(self) -> dict[str, str]:
        return {"appkey": self._account.appkey.reveal(), "appsecret": self._account.appsecret.reveal()}

    def _read(self) -> Token | None:
        if self._file is None:
            return self._kept
        try:
            keep_to_owner(self._file)
            stored = json.loads(self._cipher().decrypt(self._file.read_bytes()))
            if not re.fullmatch(r"[!-~]+", stored["access_token"]):
                raise ValueError("not a token")
            return Token(Secret(stored["access_token"]), kst.parse(stored["access_token_token_expired"]))
        except FileNotFoundError:
            return None
        except (OSError, InvalidToken, ValueError, KeyError, TypeError, RecursionError) as error:
            _log.warning("the token file is unreadable and will be replaced: %s", type(error).__name__)
            return None

    def _cipher(self) -> Fernet:
        return cipher(**self._keys())

    def _write(self, token: Token) -> bool:
        if self._file is None:
            return False
        stored = {"access_token": token.secret.reveal(), "access_token_token_expired": f"{token.expires:%Y-%m-%d %H:%M:%S}"}
        data = self._cipher().encrypt(json.dumps(stored).encode())
        try:
            write_atomically(self._file, data)
        except OSError as error:
            # this token works, so the user gets an answer; another process will have to ask again
            _log.warning("the token could not be stored: %s", self._not_written(error).message("en"))
            return False
        return True

    def _not_written(self, error: OSError) -> ConfigError:
        assert self._file is not None  # noqa: S101 (nothing else is written)
        reason = reason_of(error)
        return ConfigError(
            Text(
                f"접근토큰을 저장할 수 없습니다: {self._file.parent} ({reason})",
                f"the token cannot be stored: {self._file.parent} ({reason})",
            ),
            Text("KIS_XL_HOME 폴더의 권한과 남은 공간을 확인하세요.", "Check the permissions and free space of the folder KIS_XL_HOME."),
        )


def _expiry(text: object) -> datetime:
    fault = _not_understood("access_token_token_expired")
    try:
        return kst.parse(str(text))
    except ValueError:
        pass
    raise fault


def _not_understood(key: str) -> DataError:
    return DataError(
        Text(f"토큰 응답의 {key} 을(를) 이해할 수 없습니다.", f"{key} in the token's answer is not understood"),
        Text("잠시 후 다시 시도하고, 계속되면 kis_xl을 최신 버전으로 올리세요.", "Try again; if it persists, update kis_xl."),
    )
