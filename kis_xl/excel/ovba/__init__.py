"""A VBA project from the text of its modules: the vbaProject.bin of a workbook, written without Excel.

    project       modules, and the streams that describe them     MS-OVBA 2.2 and 2.3
    compression   how VBA stores text                             MS-OVBA 2.4.1
    compound      the file of streams that holds it all           MS-CFB, version 3

Only what VBA needs to compile is written: no compiled code (so that it compiles the text itself), no references (so that
none can be missing on another machine; VBA and Excel's own objects are there without). The same modules give the same
bytes. How to put a project into a workbook: `vba_project`.
"""

from __future__ import annotations

from kis_xl.excel.ovba.project import Module, ModuleKind, vba_project

__all__ = ["Module", "ModuleKind", "vba_project"]
