"""The 13 request headers of the API document, filled in for one call."""

from __future__ import annotations

import uuid
from typing import Final

import requests
from requests.auth import AuthBase

from kis_xl.accounts import Account
from kis_xl.fields import REQUEST_HEADERS
from kis_xl.redaction import Secret

FIRST: Final = ""
NEXT: Final = "N"


class Bearer(AuthBase):
    """Sets the `authorization` header.

    As an `auth` object rather than a plain header: requests would overwrite the header with what a `.netrc` file says.
    """

    def __init__(self, token: Secret) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Called by requests on each prepared request."""
        request.headers["authorization"] = f"Bearer {self._token.reveal()}"
        return request


class NoAuth(AuthBase):
    """Sends no credentials, whatever a `.netrc` file says."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Called by requests on each prepared request."""
        return request


def inquiry_headers(account: Account, tr_cont: str) -> dict[str, str]:
    """The headers of one inquiry, in the document's order, without `authorization` (see Bearer) and without blanks.

    `tr_cont` is FIRST or NEXT. A corporation's call carries its own fields and a fresh `gt_uid`.
    """
    values = {field.key: field.default for field in REQUEST_HEADERS}
    values |= {
        "appkey": account.appkey.reveal(),
        "appsecret": account.appsecret.reveal(),
        "tr_id": account.environment.tr_id,
        "tr_cont": tr_cont,
        "custtype": account.custtype,
        "mac_address": account.mac_address,
    }
    if account.corporate is not None:
        values |= {
            "personalseckey": account.corporate.personalseckey.reveal(),
            "seq_no": account.corporate.seq_no,
            "phone_number": account.corporate.phone_number.reveal(),
            "ip_addr": account.corporate.ip_addr,
            "gt_uid": uuid.uuid4().hex,
        }
    return {key: value for key, value in values.items() if value}
