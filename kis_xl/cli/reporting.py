"""Where a report goes, for the commands that write one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from kis_xl import kst
from kis_xl.cli.doubts import tell_doubts
from kis_xl.cli.progress import writing_status
from kis_xl.errors import ArgumentError, KisError, OutputError, reason_of
from kis_xl.history import History
from kis_xl.language import Language, Text
from kis_xl.models import Balance
from kis_xl.report import beside, consolidated_name, report_name, write_consolidated, write_report
from kis_xl.report.past import Past, read_past
from kis_xl.settings import Settings

_ENDING = ".xlsx"


@dataclass(frozen=True)
class Place:
    """A file, or a folder in which each report gets its own name."""

    path: Path
    is_file: bool

    @classmethod
    def read(cls, output: str | None, settings: Settings) -> Place:
        """The place that `--output` names; None is `reports` in the data folder.

        It is a folder when it is one, when it ends in a separator, or when it has no file ending. Raises ArgumentError,
        before anything is fetched, for a file that is no .xlsx.
        """
        if output is None:
            return cls(settings.folder.part("reports"), is_file=False)
        if not output.strip():
            raise ArgumentError(Text("--output 이 비어 있습니다.", "--output is empty"))
        try:
            path = Path(output).expanduser()
            is_folder = output.endswith((os.sep, "/")) or not path.suffix or path.is_dir()
        except RuntimeError:  # ~somebody who does not exist
            fault: KisError = ArgumentError(
                Text("--output: 이런 사용자의 홈 폴더가 없습니다.", "--output names the home of a user who does not exist")
            )
        except OSError as error:
            reason = reason_of(error)
            fault = OutputError(Text(f"--output 에 쓸 수 없습니다 ({reason}).", f"--output cannot be written ({reason})"))
        else:
            if is_folder or path.suffix.lower() == _ENDING:
                return cls(path, not is_folder)
            fault = ArgumentError(
                Text(f"보고서는 .xlsx 파일이어야 합니다: {path.name}", f"a report is an .xlsx file: {path.name}"),
                Text("파일은 .xlsx 로, 폴더는 / 로 끝내세요.", "End a file's name in .xlsx, and a folder's in a slash."),
            )
        raise fault

    def file_for(self, name: str) -> Path:
        """Where the report called `name` goes."""
        return self.path if self.is_file else self.path / name

    def for_several(self) -> Place:
        """This place for several reports. ArgumentError where it is one file, which each would take from the one before."""
        if self.is_file:
            raise ArgumentError(
                Text(
                    "여러 계좌의 보고서를 파일 하나에 쓸 수 없습니다.",
                    "the reports of several accounts do not go into one file",
                ),
                Text(
                    "--output 을 폴더로 지정하거나, --together 로 한 보고서에 모으세요.",
                    "Name a folder with --output, or make one report of them with --together.",
                ),
            )
        return self


def past_of(balance: Balance, settings: Settings) -> Past:
    """What the history knows of the days before `balance`."""
    history = History(settings.folder)
    try:
        return read_past(history, balance)
    finally:
        history.close()


def write(balance: Balance, place: Place, language: str | None, settings: Settings, past: Past, usual: Mapping[str, str]) -> Path:
    """Write the report, tell what is doubtful in it; its path. `language` None is the user's.

    `usual` are the query parameters that the account is asked with anyway: a report that was asked with others does not take the
    place of the usual one.
    """
    tell_doubts(balance)
    wanted = place.file_for(report_name(balance, usual))
    with writing_status():
        written = write_report(balance, wanted, _chosen(language, settings), past, today=kst.now().date())
    return _told(wanted, written)


def write_together(
    accounts: Sequence[tuple[Balance, Past]], place: Place, language: str | None, settings: Settings, usual: Sequence[Mapping[str, str]]
) -> Path:
    """Write one report over several accounts, as `write` does; `usual` are each account's parameters."""
    for balance, _ in accounts:
        tell_doubts(balance)
    chosen = _chosen(language, settings)
    wanted = place.file_for(consolidated_name([balance for balance, _ in accounts], chosen, usual))
    with writing_status():
        written = write_consolidated(accounts, wanted, chosen, today=kst.now().date())
    return _told(wanted, written)


def _chosen(language: str | None, settings: Settings) -> Language:
    return settings.language if language is None else "ko" if language == "ko" else "en"


def _told(wanted: Path, written: Path) -> Path:
    """The path; a warning where the report could not take the place that it should have."""
    if written != wanted:
        click.echo(f"warning: {beside(wanted, written).in_()}", err=True)
    return written.absolute()
