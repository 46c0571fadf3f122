Option Explicit
Option Private Module
' What only Excel knows how to do. Everything else of this workbook runs in other spreadsheets too, where tests put
' another module of this name in its place.

Private mDue As New Collection
Private mMode As Long
Private mCancelKey As Long

' The values of a range, of a long one down to where the sheet's data end: a 1-based 2-D array, or one value.
Public Function KisRangeValue(ByVal cells As Object) As Variant
    Dim area As Object
    Dim used As Object
    Set area = cells.Areas(1)
    If area.CountLarge > 10000 Then
        Set used = Application.Intersect(area, area.Worksheet.UsedRange)
        If used Is Nothing Then Exit Function
        ' from its own first cell: results must stand beside what they belong to
        Set area = area.Worksheet.Range(area.Cells(1, 1), used.Cells(used.Rows.Count, used.Columns.Count))
    End If
    KisRangeValue = area.Value2
End Function

Public Function KisErrorValue(ByVal number As Long) As Variant
    KisErrorValue = CVErr(number)
End Function

Public Function KisFormula(ByVal cell As Object) As String
    If cell.HasFormula Then KisFormula = cell.Formula
End Function

' The parts of a sheet in which formulas stand. A sheet may be formatted to its last row: to read all of it would take minutes.
Public Function KisFormulaAreas(ByVal sheet As Object) As Object
    Dim some As Variant
    Set KisFormulaAreas = New Collection
    some = sheet.UsedRange.HasFormula   ' Null: in some cells
    If Not IsNull(some) Then
        If Not some Then Exit Function
    End If
    Set KisFormulaAreas = sheet.UsedRange.Areas
    On Error Resume Next   ' a protected sheet does not tell
    Set KisFormulaAreas = sheet.UsedRange.SpecialCells(xlCellTypeFormulas).Areas
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

' Lets Excel compute what depends on those cells, in the mode that the user has. Where that is by hand, the workbook's own
' totals still have to go with its tables.
Public Sub KisCalculated()
    Dim sheet As Object
    If mMode = 0 Then Exit Sub
    If mMode = xlCalculationManual Then
        For Each sheet In ThisWorkbook.Worksheets
            sheet.Calculate
        Next sheet
    Else
        Application.Calculation = mMode
    End If
    mMode = 0
End Sub

' VBA's own MsgBox shows question marks for letters that the system's code page lacks. This one belongs to no window: it is
' put above all, since Excel waits while it stands behind.
Public Sub KisTell(ByVal text As String, ByVal title As String)
    On Error GoTo plain
    CreateObject("WScript.Shell").Popup text, 0, title, vbInformation + vbSystemModal
    Exit Sub
plain:
    MsgBox text, vbInformation, title
End Sub

Public Function KisAsk(ByVal text As String, ByVal title As String) As Boolean
    On Error GoTo plain
    KisAsk = (CreateObject("WScript.Shell").Popup(text, 0, title, vbYesNo + vbQuestion + vbSystemModal) = vbYes)
    Exit Function
plain:
    KisAsk = (MsgBox(text, vbYesNo + vbQuestion, title) = vbYes)
End Function

Public Sub KisStatus(ByVal text As String)
    If text = "" Then
        Application.StatusBar = False
    Else
        Application.StatusBar = Left$(text, 255)
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
    Application.OnTime moment, KisMacro(macro)
    mDue.Add Array(moment, KisMacro(macro)), macro
End Sub

' What is left due opens the workbook again after it was closed. The name is kept with the time: the workbook may have another by now.
Public Sub KisNever(ByVal macro As String)
    Dim due As Variant
    On Error Resume Next   ' nothing is due, or it has run already
    due = mDue(macro)
    mDue.Remove macro
    If Not IsEmpty(due) Then Application.OnTime due(0), due(1), , False
End Sub

' A macro or function of this workbook, whatever other one has the same.
Private Function KisMacro(ByVal name As String) As String
    KisMacro = "'" & Replace(ThisWorkbook.Name, "'", "''") & "'!" & name
End Function

' Excel's own break would stop in the middle; as an error it can be answered.
Public Sub KisCatchEscape(ByVal caught As Boolean)
    Application.EnableCancelKey = IIf(caught, xlErrorHandler, xlInterrupt)
End Sub

' Excel neither paints nor computes of its own accord meanwhile: in automatic mode each Dirty would compute every volatile cell of
' all open workbooks. Esc is kept out, which would leave it like that.
Public Sub KisFreezeScreen(ByVal frozen As Boolean)
    On Error Resume Next
    If frozen Then
        mCancelKey = Application.EnableCancelKey
        Application.EnableCancelKey = xlDisabled
        mMode = Application.Calculation
        Application.Calculation = xlCalculationManual
    Else
        KisCalculated
        Application.EnableCancelKey = mCancelKey
    End If
    Application.ScreenUpdating = Not frozen
End Sub

' A sheet in a new workbook, with values for formulas and without buttons and names: nothing refers back.
Public Sub KisCopySheet(ByVal source As Object)
    Dim values As Variant
    Dim target As Object
    Dim place As Long
    Dim number As Long
    Dim reason As String
    values = KisTypedIn(source.UsedRange.Value2)   ' first: a chart sheet fails here, with nothing made yet
    On Error GoTo failed
    Application.EnableEvents = False   ' a copied sheet brings its code, which looks for macros that are not there
    source.Copy
    Set target = ActiveWorkbook.Worksheets(1)
    target.Range(source.UsedRange.Address).Value2 = values
    For place = target.Shapes.Count To 1 Step -1
        If target.Shapes(place).Type = 8 Then target.Shapes(place).Delete   ' 8: a form's button
    Next place
    KisForgetNames target.Parent
    Application.EnableEvents = True
    Exit Sub
failed:
    number = Err.Number
    reason = Err.Description
    Application.EnableEvents = True
    If Not target Is Nothing Then target.Parent.Close False   ' formulas that refer back are no copy of values
    On Error GoTo 0
    Err.Raise number, "KIS", reason
End Sub

' Values as one would type them in: 005930 would become a number, and a text that begins with = a formula.
Private Function KisTypedIn(ByVal values As Variant) As Variant
    Dim row As Long
    Dim column As Long
    If IsArray(values) Then
        For row = LBound(values, 1) To UBound(values, 1)
            For column = LBound(values, 2) To UBound(values, 2)
                values(row, column) = KisTypedIn(values(row, column))
            Next column
        Next row
    ElseIf VarType(values) = vbString Then
        If values = "" Then values = Empty Else values = "'" & values
    End If
    KisTypedIn = values
End Function

Private Sub KisForgetNames(ByVal book As Object)
    Dim place As Long
    On Error Resume Next   ' names that Excel keeps for itself cannot be deleted
    For place = book.Names.Count To 1 Step -1
        book.Names(place).Delete
    Next place
    book.Worksheets(1).Range("A1").Select
End Sub

' What the function wizard shows.
Public Sub KisDescribe(ByVal name As String, ByVal text As String, ByVal arguments As Variant)
    Dim macro As String
    macro = KisMacro(name)
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
