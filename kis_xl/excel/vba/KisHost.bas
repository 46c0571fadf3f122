Option Explicit
Option Private Module
' What only Excel knows how to do. Everything else of this workbook runs in other spreadsheets too, where tests put
' another module of this name in its place.

Private mTimes As Object

' The values of the used part of a range: a 1-based 2-D array, or one value.
Public Function KisRangeValue(ByVal cells As Object) As Variant
    Dim used As Object
    Set used = cells
    If cells.CountLarge > 10000 Then Set used = Application.Intersect(cells, cells.Worksheet.UsedRange)
    If used Is Nothing Then
        KisRangeValue = Empty
    Else
        KisRangeValue = used.Areas(1).Value2
    End If
End Function

Public Function KisErrorValue(ByVal number As Long) As Variant
    KisErrorValue = CVErr(number)
End Function

Public Function KisFormula(ByVal cell As Object) As String
    If cell.HasFormula Then KisFormula = cell.Formula
End Function

' The cells that one formula fills: its spill range, its array, or the cell alone.
Public Function KisSpill(ByVal cell As Object) As Object
    Set KisSpill = cell
    On Error Resume Next   ' older versions know no spill
    If cell.HasArray Then Set KisSpill = cell.CurrentArray
    If cell.HasSpill Then Set KisSpill = cell.SpillParent.SpillingToRange
End Function

' Whether the formula could not spill because something stands in its way. The shown text differs between languages.
Public Function KisIsBlocked(ByVal cell As Object) As Boolean
    Const SPILL As Long = 2045
    If IsError(cell.Value) Then KisIsBlocked = (cell.Value = CVErr(SPILL))
End Function

' Dirty has at times missed cells of sheets that are not active, so the cell is computed by itself too.
Public Sub KisCalculate(ByVal cell As Object)
    On Error Resume Next
    KisSpill(cell).Dirty
    KisSpill(cell).Calculate
End Sub

Public Sub KisCalculated()
    If Application.Calculation <> xlCalculationManual Then Application.Calculate
End Sub

' VBA's own MsgBox shows question marks for letters that the system's code page lacks.
Public Sub KisTell(ByVal text As String, ByVal title As String)
    On Error GoTo plain
    CreateObject("WScript.Shell").Popup text, 0, title, vbInformation
    Exit Sub
plain:
    MsgBox text, vbInformation, title
End Sub

Public Function KisAsk(ByVal text As String, ByVal title As String) As Boolean
    On Error GoTo plain
    KisAsk = (CreateObject("WScript.Shell").Popup(text, 0, title, vbYesNo + vbQuestion) = vbYes)
    Exit Function
plain:
    KisAsk = (MsgBox(text, vbYesNo + vbQuestion, title) = vbYes)
End Function

Public Sub KisStatus(ByVal text As String)
    If text = "" Then
        Application.StatusBar = False
    Else
        Application.StatusBar = text
    End If
End Sub

Public Function KisOpenFile(ByVal path As String) As Boolean
    On Error GoTo failed
    Workbooks.Open path
    KisOpenFile = True
    Exit Function
failed:
    KisOpenFile = False
End Function

' Runs a macro later; a time that was set before for the same macro is dropped.
Public Sub KisOnTime(ByVal minutes As Double, ByVal macro As String)
    Dim moment As Date
    KisNever macro
    moment = Now + minutes / 1440
    Application.OnTime moment, "'" & ThisWorkbook.Name & "'!" & macro
    mTimes(macro) = moment
End Sub

Public Sub KisNever(ByVal macro As String)
    If mTimes Is Nothing Then Set mTimes = CreateObject("Scripting.Dictionary")
    On Error Resume Next   ' it has run already
    If mTimes.Exists(macro) Then Application.OnTime mTimes(macro), "'" & ThisWorkbook.Name & "'!" & macro, , False
    mTimes.Remove macro
End Sub

' Excel's own break would stop in the middle; as an error it can be answered.
Public Sub KisCatchEscape(ByVal caught As Boolean)
    Application.EnableCancelKey = IIf(caught, xlErrorHandler, xlInterrupt)
End Sub

Public Sub KisFreezeScreen(ByVal frozen As Boolean)
    Application.ScreenUpdating = Not frozen
End Sub

' A sheet in a new workbook, with values for formulas and without buttons and names: nothing refers back.
Public Sub KisCopySheet(ByVal source As Object)
    Dim target As Object
    Dim place As Long
    source.Copy
    Set target = ActiveWorkbook.Worksheets(1)
    target.Range(source.UsedRange.Address).Value2 = source.UsedRange.Value2
    For place = target.Shapes.Count To 1 Step -1
        If target.Shapes(place).Type = 8 Then target.Shapes(place).Delete   ' 8: a form's button
    Next place
    On Error Resume Next   ' names that Excel keeps for itself cannot be deleted
    For place = target.Parent.Names.Count To 1 Step -1
        target.Parent.Names(place).Delete
    Next place
    target.Range("A1").Select
End Sub

' What the function wizard shows.
Public Sub KisDescribe(ByVal name As String, ByVal text As String, ByVal arguments As Variant)
    Dim macro As String
    macro = "'" & ThisWorkbook.Name & "'!" & name
    If IsArray(arguments) Then
        Application.MacroOptions Macro:=macro, Description:=text, Category:="KIS", ArgumentDescriptions:=arguments
    Else
        Application.MacroOptions Macro:=macro, Description:=text, Category:="KIS"
    End If
End Sub

Public Function KisIsMac() As Boolean
    #If Mac Then
        KisIsMac = True
    #Else
        KisIsMac = False
    #End If
End Function
