"""What is set: variables, the configuration file, the accounts, their keys."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import replace

from kis_xl.doctor.case import Case, Examined
from kis_xl.doctor.finding import Finding, failed, of_error, ok, skipped, warned
from kis_xl.errors import ConfigError, KisError
from kis_xl.language import Text
from kis_xl.leftovers import Leftovers
from kis_xl.variables import VARIABLES


def variables(case: Case) -> Iterator[Finding]:
    """The environment variables of ours, by name."""
    id = "settings.variables"
    names = [name for name in VARIABLES if os.environ.get(name, "").strip()]
    unknown = sorted(name for name in os.environ if name.startswith("KIS_XL_") and name not in VARIABLES)
    if case.variables_error is not None:
        yield of_error(id, case.variables_error, names=names)
    elif unknown:
        yield _misspelt(id, names, unknown)
    elif not names:
        yield skipped(id, Text("환경 변수로 설정한 것이 없습니다.", "nothing is set by environment variables"))
    else:
        listed = ", ".join(names)
        yield ok(id, Text(f"환경 변수: {listed}", f"environment variables: {listed}"), names=names)


def _misspelt(id: str, names: list[str], unknown: list[str]) -> Finding:
    near = difflib.get_close_matches(unknown[0], VARIABLES, n=2) or list(VARIABLES)
    listed, known = ", ".join(unknown), ", ".join(near)
    what = Text(f"이런 환경 변수는 쓰이지 않습니다: {listed}", f"environment variables that mean nothing here: {listed}")
    return warned(id, what, Text(f"쓸 수 있는 이름: {known}", f"There is: {known}"), names=names, unknown=unknown)


def file(case: Case) -> Iterator[Finding]:
    """The configuration file."""
    id = "settings.file"
    path = case.settings.file.path
    if case.file_error is not None:
        yield of_error(id, case.file_error, path=str(path))
    elif not path.exists():
        yield skipped(id, Text(f"설정 파일이 없습니다: {path}", f"there is no configuration file: {path}"), path=str(path))
    else:
        count = len(case.settings.file.accounts)
        what = Text(f"설정 파일: {path} (계좌 {count}개)", f"configuration file: {path} (accounts: {count})")
        yield ok(id, what, path=str(path), accounts=count)


def accounts(case: Case) -> Iterator[Finding]:
    """Which accounts there are."""
    id = "settings.accounts"
    if case.accounts:
        count = len(case.accounts)
        kinds = [{"account": each.whose.number, "environment": each.environment, "practice": each.practice} for each in case.accounts]
        yield ok(id, Text(f"점검할 계좌: {count}개", f"accounts that are looked at: {count}"), accounts=kinds)
        return
    if case.file_error or case.variables_error:
        cure = Text("먼저 위의 설정을 고치세요.", "Mend the settings above first.")
        yield failed(id, ConfigError, Text("계좌를 읽을 수 없습니다.", "no account can be read"), cure)
        return
    try:
        case.settings.find("")
    except KisError as error:
        yield of_error(id, error)


def secrets(case: Case) -> Iterator[Finding]:
    """Whether the keys of each account can be read."""
    for each in case.accounts:
        yield replace(_secrets_of(each), whose=each.whose)


def _secrets_of(each: Examined) -> Finding:
    id = "settings.secrets"
    if each.error is not None:
        return of_error(id, each.error, store=each.store)
    if each.practice:
        return skipped(id, Text("연습 계좌라 앱키가 없습니다.", "a practice account has no keys"))
    place = {
        "environment": Text("환경 변수", "environment variables"),
        "file": Text("데이터 폴더의 파일", "files of the data folder"),
    }.get(each.store, Text("운영체제의 보안 저장소", "the system's secret store"))
    masked = "" if each.account is None else each.account.number.masked
    what = Text(
        f"{masked} ({each.environment}): 앱키를 읽었습니다 ({place.ko}).",
        f"{masked} ({each.environment}): its keys were read from {place.en}",
    )
    return ok(id, what, store=each.store, environment=each.environment, number=masked)


def leftovers(case: Case) -> Iterator[Finding]:
    """Whether keys of accounts that have gone still lie in the secret store, which did not open when they went."""
    # a file that cannot be read may name them; where there is no such folder, asking would make it
    if case.file_error is not None or not (case.folder.path / "locks").is_dir():
        return
    try:
        count = len(Leftovers(case.folder).noted().keys() - case.settings.file.entries)
    except KisError:  # told by the checks of the data folder
        return
    if count:
        what = Text(
            f"지운 계좌의 앱키가 보안 저장소에 남아 있습니다: {count}개",
            f"keys of accounts that have gone are left in the secret store: {count}",
        )
        cure = Text(
            "데스크톱에 로그인해 저장소를 열고, 무엇이든 바꾸는 `kis-xl accounts` 명령(예: default)을 실행하면 지워집니다.",
            "Log in to the desktop, so that the store opens, and run any `kis-xl accounts` command that changes something, such as "
            "default: it deletes them.",
        )
        yield warned("settings.leftovers", what, cure, count=count)
