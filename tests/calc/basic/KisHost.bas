Option Explicit
' In the place of the workbook's own KisHost, which holds all that only Excel can do.
' What would show on the screen is told to the test instead.

' The values of the used part of a range: a 1-based 2-D array, or one value. As Range.Value2: dates are numbers, blanks Empty.
Public Function KisRangeValue(ByVal cells As Object) As Variant
    Dim used As Object
    Dim row As Long
    Dim column As Long
    Dim data As Variant
    Dim made() As Variant
    Set used = cells.Areas(1)
    If CDbl(used.Rows.Count) * used.Columns.Count > 10000 Then Set used = Application.Intersect(used, cells.Worksheet.UsedRange)
    If used Is Nothing Then
        KisRangeValue = Empty
        Exit Function
    End If
    data = used.CellRange.getDataArray()
    If used.Rows.Count = 1 And used.Columns.Count = 1 Then
        KisRangeValue = KisCellValue(used.CellRange, 0, 0, data(0)(0))
        Exit Function
    End If
    ReDim made(1 To used.Rows.Count, 1 To used.Columns.Count)
    For row = 1 To used.Rows.Count
        For column = 1 To used.Columns.Count
            made(row, column) = KisCellValue(used.CellRange, row - 1, column - 1, data(row - 1)(column - 1))
        Next column
    Next row
    KisRangeValue = made
End Function

' Data arrays show errors as Empty, blanks as "", and TRUE as 1.
Private Function KisCellValue(ByVal area As Object, ByVal row As Long, ByVal column As Long, ByVal value As Variant) As Variant
    Dim cell As Object
    KisCellValue = value
    If IsEmpty(value) Then
        KisCellValue = CVErr(KisErrorNumber(area.getCellByPosition(column, row).getError()))
    ElseIf VarType(value) = vbString Then
        If value = "" Then
            If area.getCellByPosition(column, row).getType() = com.sun.star.table.CellContentType.EMPTY Then KisCellValue = Empty
        End If
    ElseIf value = 0 Or value = 1 Then
        Set cell = area.getCellByPosition(column, row)
        If ThisComponent.NumberFormats.getByKey(cell.NumberFormat).Type And com.sun.star.util.NumberFormat.LOGICAL Then KisCellValue = CBool(value)
    End If
End Function

Private Function KisErrorNumber(ByVal code As Long) As Long
    Select Case code
        Case 32767: KisErrorNumber = 2042
        Case 532: KisErrorNumber = 2007
        Case 524: KisErrorNumber = 2023
        Case 525: KisErrorNumber = 2029
        Case 503: KisErrorNumber = 2036
        Case 521: KisErrorNumber = 2000
        Case Else: KisErrorNumber = 2015
    End Select
End Function

' A cell shows CVErr as text; it shows this number as a true error.
Public Function KisErrorValue(ByVal number As Long) As Variant
    KisErrorValue = KisTestPython("error_value", Array(number))
End Function

' The formula of an array comes as "={=...}".
Public Function KisFormula(ByVal cell As Object) As String
    If Not cell.HasFormula Then Exit Function
    KisFormula = cell.Formula
    If Left$(KisFormula, 2) = "={" Then KisFormula = Mid$(KisFormula, 3, Len(KisFormula) - 3)
End Function

Public Function KisFormulaAreas(ByVal sheet As Object) As Object
    Set KisFormulaAreas = sheet.UsedRange.Areas
End Function

Public Function KisSpill(ByVal cell As Object) As Object
    Set KisSpill = cell.CurrentArray
End Function

Public Function KisIsBlocked(ByVal cell As Object) As Boolean
    KisIsBlocked = False
End Function

' There is no Dirty, but a formula that is typed anew is computed. It is no change of the sheet, so no event may tell of one.
Public Sub KisCalculate(ByVal cell As Object)
    Dim formula As String
    formula = cell.Formula
    Application.EnableEvents = False
    If Left$(formula, 2) = "={" Then
        cell.CurrentArray.FormulaArray = KisFormula(cell)
    Else
        cell.Formula = formula
    End If
    Application.EnableEvents = True
    KisTestRecord "calculate", Array(cell.Worksheet.Name, cell.Address(False, False))
End Sub

' Application.Calculate would compute everything here.
Public Sub KisCalculated()
    ThisComponent.calculate()
End Sub

Public Sub KisTell(ByVal text As String, ByVal title As String)
    KisTestRecord "tell", Array(text, title)
End Sub

Public Function KisAsk(ByVal text As String, ByVal title As String) As Boolean
    KisAsk = KisTestRecord("ask", Array(text, title))
End Function

Public Sub KisStatus(ByVal text As String)
    KisTestRecord "status", Array(text)
End Sub

Public Function KisOpenFile(ByVal path As String) As Boolean
    KisOpenFile = KisTestRecord("open", Array(path))
End Function

Public Sub KisOnTime(ByVal minutes As Double, ByVal macro As String)
    KisTestRecord "on_time", Array(minutes, macro)
End Sub

Public Sub KisNever(ByVal macro As String)
    KisTestRecord "never", Array(macro)
End Sub

Public Sub KisCatchEscape(ByVal caught As Boolean)
    KisTestRecord "catch_escape", Array(caught)
End Sub

Public Sub KisFreezeScreen(ByVal frozen As Boolean)
    KisTestRecord "freeze_screen", Array(frozen)
End Sub

Public Sub KisCopySheet(ByVal source As Object)
    Dim used As Object
    Dim target As Object
    Set used = source.UsedRange
    Set target = Workbooks.Add().Worksheets(1)
    target.Range(used.Address).Value = KisRangeValue(used)
    target.Name = source.Name
    KisTestRecord "copy_sheet", Array(source.Name)
End Sub

Public Sub KisDescribe(ByVal name As String, ByVal text As String, ByVal arguments As Variant)
    KisTestRecord "describe", Array(name, text, arguments)
End Sub

Public Function KisIsMac() As Boolean
    KisIsMac = False
End Function
