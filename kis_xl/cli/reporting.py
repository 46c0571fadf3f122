"""Where a report goes, for the commands that write one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from kis_xl.cli.doubts import tell_doubts
from kis_xl.cli.progress import writing_status
from kis_xl.errors import ArgumentError, KisError, OutputError, reason_of
from kis_xl.language import Language, Text
from kis_xl.models import Balance
from kis_xl.report import report_name, write_report
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

    def file_for(self, balance: Balance) -> Path:
        """Where the report of `balance` goes."""
        return self.path if self.is_file else self.path / report_name(balance)


def write(balance: Balance, place: Place, language: str | None, settings: Settings) -> Path:
    """Write the report, tell what is doubtful in it; its path. `language` None is the user's."""
    tell_doubts(balance)
    chosen: Language = settings.language if language is None else "ko" if language == "ko" else "en"
    with writing_status():
        return write_report(balance, place.file_for(balance), chosen).absolute()
