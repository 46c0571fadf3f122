"""A balance as JSON says whose figures they are."""

from __future__ import annotations

import json

import pytest

from kis_xl.accounts import PRACTICE_HOST
from kis_xl.cli.document import as_json, document_of
from kis_xl.fields import Environment
from tests.report_kit import balance


@pytest.mark.parametrize(
    ("environment", "host", "from_kis"),
    [
        (Environment.REAL, Environment.REAL.host, True),
        (Environment.MOCK, Environment.MOCK.host, True),
        (Environment.REAL, "http://127.0.0.1:9", False),
        (Environment.MOCK, PRACTICE_HOST, False),
        (Environment.REAL, Environment.MOCK.host, False),
    ],
)
def test_a_document_names_its_server_and_whether_it_is_of_kis(environment: Environment, host: str, from_kis: bool) -> None:
    shown = balance(environment=environment, host=host)
    document = json.loads(as_json(document_of(shown, shown.holdings)))
    assert [document[key] for key in ("environment", "host", "from_kis")] == [environment.key, host, from_kis]
