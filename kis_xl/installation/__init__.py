"""What Excel needs on this machine, put in place and taken away again: `kis-xl install` and `kis-xl uninstall`.

    machine     this machine: its Excel (`excel`), Python (`python`), folders, registry, shortcuts (`shortcut`)
    checks      can Excel start this Python, and which Excel is it?
    workbook    the personal workbook, in a folder of its own
    desktop     the shortcut
    trusted     the trusted location; what forbids macros: `policies`
    scripts     what a Mac needs instead
    record      what was put where; `removal` undoes that

Each step is told as an `Outcome`. A second installation changes nothing that is right.
"""

from __future__ import annotations

from kis_xl.installation.checks import check_excel, check_python
from kis_xl.installation.desktop import put_shortcut
from kis_xl.installation.excel import Excel, excel_here
from kis_xl.installation.machine import Machine, documents_folder, machine_here
from kis_xl.installation.outcomes import Ask, Outcome, State, Tell
from kis_xl.installation.policies import MacroPolicy, macro_policies
from kis_xl.installation.python import Python, python_here
from kis_xl.installation.record import Put, Record, recorded
from kis_xl.installation.removal import tell_what_is_left, undo_all
from kis_xl.installation.scripts import allow_scripts
from kis_xl.installation.trusted import tell_policies, trust_folder
from kis_xl.installation.work import Wishes, Work
from kis_xl.installation.workbook import put_workbook
from kis_xl.settings import Settings

__all__ = [
    "Excel",
    "Machine",
    "MacroPolicy",
    "Outcome",
    "Put",
    "Python",
    "Record",
    "State",
    "Wishes",
    "documents_folder",
    "excel_here",
    "install",
    "machine_here",
    "macro_policies",
    "python_here",
    "recorded",
    "uninstall",
]


def _unheard(_: Outcome) -> None:
    pass


def install(
    settings: Settings, wishes: Wishes | None = None, *, tell: Tell = _unheard, ask: Ask | None = None, machine: Machine | None = None
) -> list[Outcome]:
    """Put in place what Excel needs; the outcome of each step, which `tell` also hears as it comes.

    `ask` is asked whether the folder may become a trusted location where the wishes do not say; without it, it does not. Raises
    ConfigError where Excel cannot start this Python, OutputError for a workbook or record that cannot be written, DataError for a
    record that cannot be read. What was done until then is recorded, and nothing is half done.
    """
    work = Work(settings, wishes or Wishes(), machine or machine_here(), tell, ask)
    work.say(check_python(work.machine))
    work.say(check_excel(work.machine))
    work.journal.begin(refresh_on_open=work.refresh_on_open)
    workbook = put_workbook(work)
    put_shortcut(work, workbook)
    trust_folder(work, workbook.parent)
    tell_policies(work)
    allow_scripts(work)
    return work.outcomes


def uninstall(settings: Settings, *, delete_workbook: bool = False, tell: Tell = _unheard, machine: Machine | None = None) -> list[Outcome]:
    """Undo what `install` has recorded, and nothing else; the outcome of each step.

    A workbook that the user has changed stays unless `delete_workbook`. History, reports and keys are not touched. Raises
    DataError where the record cannot be read, OutputError where it cannot be written.
    """
    work = Work(settings, Wishes(), machine or machine_here(), tell, None)
    undo_all(work, delete_workbook=delete_workbook)
    tell_what_is_left(work)
    return work.outcomes
