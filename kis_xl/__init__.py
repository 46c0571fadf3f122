"""Your Korea Investment & Securities (한국투자증권) balance: typed, whole, and in Excel.

    from kis_xl import Broker, Settings

    settings = Settings.load()
    with Broker(settings.account(), settings.folder, settings.policy) as broker:
        balance = broker.balance()

The names below are the library's public ones. They are imported when they are first used: `import kis_xl` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from kis_xl.accounts import Account, AccountNumber, Corporate
    from kis_xl.broker import Broker, Policy, Progress
    from kis_xl.datafolder import DataFolder
    from kis_xl.errors import KisError
    from kis_xl.fields import Environment, Holding, Summary
    from kis_xl.models import Balance, Check
    from kis_xl.redaction import Secret
    from kis_xl.report import write_report
    from kis_xl.settings import Settings

_WHERE = {
    "Account": "accounts",
    "AccountNumber": "accounts",
    "Balance": "models",
    "Broker": "broker",
    "Check": "models",
    "Corporate": "accounts",
    "DataFolder": "datafolder",
    "Environment": "fields",
    "Holding": "fields",
    "KisError": "errors",
    "Policy": "policy",
    "Progress": "broker",
    "Secret": "redaction",
    "Settings": "settings",
    "Summary": "fields",
    "write_report": "report",
}

__all__ = [
    "Account",
    "AccountNumber",
    "Balance",
    "Broker",
    "Check",
    "Corporate",
    "DataFolder",
    "Environment",
    "Holding",
    "KisError",
    "Policy",
    "Progress",
    "Secret",
    "Settings",
    "Summary",
    "__version__",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"kis_xl.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_WHERE})
