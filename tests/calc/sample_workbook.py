"""A small workbook whose functions and macros try out what the harness promises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from kis_xl.excel.ovba import Module, ModuleKind, vba_project

FUNCTIONS = ("ADD", "ECHO", "SAME", "SHAPE", "TABLE", "RAISE", "WRONG", "UNION", "KEYWORD")
WRAPPER = """
Public Function DEMO_{0}(Optional ByVal a As Variant, Optional ByVal b As Variant) As Variant
    On Error GoTo failed
    DEMO_{0} = KisConnect().CallUDF("tests.calc.sample_functions", "DEMO_{0}", {1})
    Exit Function
failed:
    DEMO_{0} = "failed: " & Err.Description
End Function
"""
ARGUMENTS = {"ADD": "Array(DemoValue(a), DemoValue(b))", "SHAPE": "Array(a, b)", "TABLE": "Array()"}
MODULE = """Option Explicit
Private mLog As String

Private Function DemoValue(Optional ByVal given As Variant) As Variant
    If IsMissing(given) Then
        DemoValue = Empty
    ElseIf IsObject(given) Then
        DemoValue = KisRangeValue(given)
    Else
        DemoValue = given
    End If
End Function

' Passes on that an argument is missing.
Public Function DEMO_PASS(Optional ByVal a As Variant) As Variant
    DEMO_PASS = KisConnect().CallUDF("tests.calc.sample_functions", "DEMO_ECHO", Array(a))
End Function

Public Function DEMO_MIXED() As Variant
    Dim whole As Double
    Dim number As Long
    Dim values As Variant
    whole = 7
    number = 7
    values = Array(Array(whole, number, DateSerial(2026, 11, 20) + 0.25, Empty, Null, CVErr(2007), True, ""))
    DEMO_MIXED = KisConnect().CallUDF("tests.calc.sample_functions", "DEMO_ECHO", values)
End Function

Public Sub DemoNote(ByVal text As String)
    mLog = mLog & text & ";"
End Sub

Public Function DemoLog() As String
    DemoLog = mLog
End Function

Public Function DEMO_ERROR(ByVal number As Variant) As Variant
    DEMO_ERROR = KisErrorValue(CLng(number))
End Function

Public Function DEMO_ERRORS() As Variant
    Dim made(1 To 1, 1 To 2) As Variant
    made(1, 1) = "fine"
    made(1, 2) = KisErrorValue(2042)
    DEMO_ERRORS = made
End Function

Public Sub DemoTalk()
    KisStatus "working"
    If KisAsk("open it?", "Demo") Then DemoNote "opened " & KisOpenFile("C:\\report.xlsx")
    KisStatus ""
    KisTell "done", "Demo"
    KisOnTime 5, "DemoTalk"
End Sub

Public Sub DemoFail(ByVal text As String)
    Err.Raise 1234, "Demo", text
End Sub

Public Sub DemoWait(ByVal seconds As Double)
    Dim start As Double
    start = Timer
    Do While Timer < start + seconds
    Loop
End Sub

Public Function DemoFormulas() As String
    Dim cell As Object
    For Each cell In ThisWorkbook.Worksheets(1).Range("A1:I2").Cells
        If KisFormula(cell) <> "" Then
            DemoFormulas = DemoFormulas & cell.Address(False, False) & KisFormula(cell) & KisSpill(cell).Address(False, False) & ";"
        End If
    Next cell
End Function

Public Sub DemoCalculate(ByVal address As String)
    KisCalculate ThisWorkbook.Worksheets(1).Range(address)
    KisCalculated
End Sub
"""
BOOK = """Option Explicit
Private Sub Workbook_Open()
    DemoNote "open"
    KisTell ThisWorkbook.Name & " is open", "Demo"
End Sub
"""
SHEET = """Option Explicit
Private Sub Worksheet_Change(ByVal Target As Object)
    DemoNote "change " & Target.Address(False, False)
End Sub
"""

#: A workbook that reaches xlwings as the real ones do, by the add-in or by a module of its own.
OWN_SERVER = """Option Explicit
Private mServer As Object

Public Function KisConnect() As Object
    If mServer Is Nothing Then Set mServer = {activate}
    Set KisConnect = mServer
End Function

Public Sub KisRunPython(ByVal command As String)
    {run}
End Sub

Public Function OWN_ADD() As Variant
    OWN_ADD = KisConnect().CallUDF("tests.calc.sample_functions", "DEMO_ADD", Array(1, 2))
End Function
"""


def write_sample(path: Path) -> Path:
    """A workbook with the module Demo, the sheet Demo, and a button."""
    wrappers = "".join(WRAPPER.format(name, ARGUMENTS.get(name, "Array(DemoValue(a))")) for name in FUNCTIONS)
    book = _book(
        path,
        [
            Module("ThisWorkbook", BOOK, ModuleKind.WORKBOOK),
            Module("shDemo", SHEET, ModuleKind.WORKSHEET),
            Module("Demo", MODULE + wrappers),
        ],
    )
    sheet = book.add_worksheet("Demo")
    sheet.set_vba_name("shDemo")
    sheet.write_column("A1", ["가격", 1.5, "", 'a"b'])
    sheet.write("B1", True)
    sheet.write_formula("B2", "=NA()", None, "#N/A")
    sheet.write_datetime("B4", datetime(2026, 11, 20, 6), book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))  # noqa: DTZ001
    sheet.write_formula("D1", '=DEMO_ADD("한","글")', None, "not computed")
    sheet.write_dynamic_array_formula("A8:A8", "=DEMO_SHAPE(2,3)")
    sheet.insert_button("F1", {"macro": "Demo.DemoTalk", "caption": "말하기"})
    book.close()
    return path


def write_with_server(path: Path, activate: str, run: str, more: Sequence[Module] = ()) -> Path:
    """A workbook with a KisServer of its own."""
    server = Module("KisServer", OWN_SERVER.format(activate=activate, run=run))
    book = _book(path, [Module("ThisWorkbook", "", ModuleKind.WORKBOOK), Module("Sheet1", "", ModuleKind.WORKSHEET), server, *more])
    book.add_worksheet("Sheet1").set_vba_name("Sheet1")
    book.close()
    return path


def _book(path: Path, modules: Sequence[Module]) -> Any:
    book = xlsxwriter.Workbook(path)
    book.add_vba_project(BytesIO(vba_project(modules)), is_stream=True)
    book.set_vba_name("ThisWorkbook")
    return book
