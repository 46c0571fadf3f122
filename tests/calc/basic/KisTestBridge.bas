Option Explicit
' Between Basic and the test's process, by way of office_script.py.

' Calls a Python function; arrays come as COM brings them: a row 1-D, a table 2-D, both counted from 0.
Public Function KisTestCall(ByVal moduleName As String, ByVal name As String, ByVal arguments As Variant) As Variant
    Dim answer As Variant
    answer = KisTestPython("call", Array(moduleName, name, KisTestOutward(arguments)))
    Select Case answer(0)
        Case "error"
            Err.Raise answer(1), answer(2), answer(3)
        Case "scalar"
            KisTestCall = KisTestInward(answer(1))
        Case "row"
            KisTestCall = KisTestRow(answer(1))
        Case Else
            KisTestCall = KisTestGrid(answer(1))
    End Select
End Function

Public Function KisTestRecord(ByVal what As String, ByVal details As Variant) As Variant
    KisTestRecord = KisTestCall("_record", what, details)
End Function

Public Function KisTestPython(ByVal name As String, ByVal arguments As Variant) As Variant
    Dim provider As Object
    Dim places() As Variant
    Dim changed() As Variant
    Set provider = createUnoService("com.sun.star.script.provider.MasterScriptProviderFactory").createScriptProvider("")
    KisTestPython = provider.getScript("vnd.sun.star.script:office_script.py$" & name & "?language=Python&location=user").invoke(arguments, places, changed)
End Function

' Optional, since only then may a missing argument be passed on. Marks are texts: a table of arrays would arrive empty.
Private Function KisTestOutward(Optional ByVal value As Variant) As Variant
    Dim row As Long
    Dim column As Long
    Dim made() As Variant
    If IsArray(value) Then
        If UBound(value) < LBound(value) Then
            KisTestOutward = Array()
        ElseIf KisTestIsTable(value) Then
            ReDim made(LBound(value, 1) To UBound(value, 1), LBound(value, 2) To UBound(value, 2))
            For row = LBound(value, 1) To UBound(value, 1)
                For column = LBound(value, 2) To UBound(value, 2)
                    made(row, column) = KisTestOutward(value(row, column))
                Next column
            Next row
            KisTestOutward = made
        Else
            ReDim made(LBound(value) To UBound(value))
            For row = LBound(value) To UBound(value)
                made(row) = KisTestOutward(value(row))
            Next row
            KisTestOutward = made
        End If
    ElseIf IsObject(value) Then
        Set KisTestOutward = value
    Else
        KisTestOutward = KisTestMarked(value)
    End If
End Function

' UNO knows no dates, no errors, and makes a whole Double an integer.
Private Function KisTestMarked(Optional ByVal value As Variant) As Variant
    Select Case VarType(value)
        Case vbDate
            KisTestMarked = Chr$(1) & "date " & Str$(CDbl(value))
        Case vbInteger, vbLong
            KisTestMarked = Chr$(1) & "int " & Str$(value)
        Case vbError  ' "Error 2042"; 448 is a missing argument, and IsMissing says True of every error
            KisTestMarked = Chr$(1) & "error " & Mid$(CStr(value), 7)
        Case Else
            KisTestMarked = value
    End Select
End Function

Private Function KisTestIsTable(ByVal value As Variant) As Boolean
    Dim last As Long
    On Error GoTo one
    last = UBound(value, 2)
    KisTestIsTable = True
    Exit Function
one:
    KisTestIsTable = False
End Function

Private Function KisTestInward(ByVal value As Variant) As Variant
    If IsArray(value) Then
        KisTestInward = CDate(value(1))
    Else
        KisTestInward = value
    End If
End Function

Private Function KisTestRow(ByVal values As Variant) As Variant
    Dim column As Long
    Dim made() As Variant
    ReDim made(0 To UBound(values))
    For column = 0 To UBound(values)
        made(column) = KisTestInward(values(column))
    Next column
    KisTestRow = made
End Function

Private Function KisTestGrid(ByVal rows As Variant) As Variant
    Dim row As Long
    Dim column As Long
    Dim values As Variant
    Dim made() As Variant
    ReDim made(0 To UBound(rows), 0 To UBound(rows(0)))
    For row = 0 To UBound(rows)
        values = rows(row)
        For column = 0 To UBound(values)
            made(row, column) = KisTestInward(values(column))
        Next column
    Next row
    KisTestGrid = made
End Function

' What the driver has typed into a cell. Range.Formula takes it as Excel writes it.
Public Sub KisTestFormula(ByVal sheet As Variant, ByVal cells As Variant, ByVal text As Variant, ByVal isArrayFormula As Variant)
    If isArrayFormula Then
        ThisWorkbook.Worksheets(sheet).Range(cells).FormulaArray = text
    Else
        ThisWorkbook.Worksheets(sheet).Range(cells).Formula = text
    End If
End Sub

Public Sub KisTestValue(ByVal sheet As Variant, ByVal cells As Variant, ByVal value As Variant)
    If IsEmpty(value) Then
        ThisWorkbook.Worksheets(sheet).Range(cells).ClearContents
    Else
        ThisWorkbook.Worksheets(sheet).Range(cells).Value = value
    End If
End Sub

' Widens an array formula of one cell to the size of its result, as dynamic arrays do by themselves. The cells it then fills.
Public Function KisTestSpill(ByVal sheet As Variant, ByVal address As Variant) As Variant
    Dim cell As Object
    Dim formula As String
    Dim rows As Long
    Dim columns As Long
    Set cell = ThisWorkbook.Worksheets(sheet).Range(address)
    formula = Mid$(KisFormula(cell), 2)
    Application.EnableEvents = False
    cell.CurrentArray.ClearContents
    cell.Formula = "=ROWS(" & formula & ")"
    rows = cell.Value
    cell.Formula = "=COLUMNS(" & formula & ")"
    columns = cell.Value
    If rows < 1 Or columns < 1 Then  ' the result is an error
        rows = 1
        columns = 1
    End If
    cell.Resize(rows, columns).FormulaArray = "=" & formula
    Application.EnableEvents = True
    KisTestSpill = cell.Resize(rows, columns).Address(False, False)
End Function
