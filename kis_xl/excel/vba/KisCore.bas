Option Explicit
Option Private Module
' Between cells and Python: arguments as plain values on the way in, true error values on the way out.

Private Const MARK As String = "#KIS!"
Private Const NOT_AVAILABLE As Long = 2042   ' #N/A
Private Const WRONG_ARGUMENT As Long = 2015  ' #VALUE!
Private Const KIS_ERROR As Long = -2147220991  ' the first number that Windows leaves to programs
Private Const ESCAPE As Long = 18

Private mLastFailure As String

' What every function of the module xlwings_udfs calls. An error value among the arguments is the answer, as in Excel's own functions.
Public Function KisCall(ByVal name As String, ByVal arguments As Variant) As Variant
    Dim place As Long
    For place = LBound(arguments) To UBound(arguments)
        If IsError(arguments(place)) Then
            KisCall = arguments(place)
            Exit Function
        End If
    Next place
    On Error GoTo failed
    KisCall = KisTrueErrors(KisAskPython("kis_xl.udfs", name, arguments))
    Exit Function
failed:
    mLastFailure = Err.Description
    KisCall = KisErrorValue(NOT_AVAILABLE)
End Function

' An argument as Python gets it: nothing for a missing one, the values of a range.
Public Function KisArg(Optional ByVal given As Variant) As Variant
    If IsMissing(given) Then
        KisArg = Empty
    ElseIf IsObject(given) Then
        KisArg = KisWithoutErrors(KisRangeValue(given))
    Else
        KisArg = KisWithoutErrors(given)
    End If
End Function

' Errors inside a range would arrive as blanks, and a blank means the default: they are named instead, and refused.
Private Function KisWithoutErrors(ByVal values As Variant) As Variant
    Dim row As Long
    Dim column As Long
    If IsArray(values) Then
        If KisDimensions(values) = 2 Then
            For row = LBound(values, 1) To UBound(values, 1)
                For column = LBound(values, 2) To UBound(values, 2)
                    If IsError(values(row, column)) Then values(row, column) = "#ERROR"
                Next column
            Next row
        End If
    End If
    KisWithoutErrors = values
End Function

Private Function KisTrueErrors(ByVal result As Variant) As Variant
    Dim row As Long
    Dim column As Long
    If Not IsArray(result) Then
        KisTrueErrors = KisTrueError(result)
        Exit Function
    End If
    If KisDimensions(result) = 1 Then
        For column = LBound(result) To UBound(result)
            If KisIsMarked(result(column)) Then result(column) = KisTrueError(result(column))
        Next column
    Else
        For row = LBound(result, 1) To UBound(result, 1)
            For column = LBound(result, 2) To UBound(result, 2)
                If KisIsMarked(result(row, column)) Then result(row, column) = KisTrueError(result(row, column))
            Next column
        Next row
    End If
    KisTrueErrors = result
End Function

Public Function KisIsMarked(ByVal value As Variant) As Boolean
    If VarType(value) = vbString Then KisIsMarked = (Left$(value, Len(MARK)) = MARK)
End Function

' What stands behind the mark: the code and the message.
Public Function KisUnmarked(ByVal value As String) As String
    KisUnmarked = value
    If KisIsMarked(value) Then KisUnmarked = Trim$(Mid$(value, Len(MARK) + 1))
End Function

Private Function KisTrueError(ByVal value As Variant) As Variant
    Dim code As String
    If Not KisIsMarked(value) Then
        KisTrueError = value
        Exit Function
    End If
    code = KisUnmarked(value)
    If InStr(code, ":") > 0 Then code = Left$(code, InStr(code, ":") - 1)
    If code = "ARGUMENT" Or code = "ACCOUNT" Then
        KisTrueError = KisErrorValue(WRONG_ARGUMENT)
    Else
        KisTrueError = KisErrorValue(NOT_AVAILABLE)
    End If
End Function

Public Function KisDimensions(ByVal values As Variant) As Long
    Dim last As Long
    On Error GoTo one
    last = UBound(values, 2)
    KisDimensions = 2
    Exit Function
one:
    KisDimensions = 1
End Function

' A call to Python. A server that has gone (ended, killed, updated) is started again, once.
Public Function KisAskPython(ByVal moduleName As String, ByVal name As String, ByVal arguments As Variant) As Variant
    Dim attempt As Long
    Dim number As Long
    Dim description As String
    On Error GoTo failed
again:
    KisAskPython = KisConnect().CallUDF(moduleName, name, arguments)
    Exit Function
failed:
    number = Err.Number
    description = Err.Description
    If attempt = 0 And KisHasGone(number) Then
        attempt = 1
        KisForget
        Resume again
    End If
    mLastFailure = description
    On Error GoTo 0
    If number = ESCAPE Then Err.Raise ESCAPE, "KIS", description   ' the macro that waits takes it for what it is
    Err.Raise KIS_ERROR, "KIS", description
End Function

Private Function KisHasGone(ByVal number As Long) As Boolean
    Select Case number
        Case 462, -2147023174, -2147023170, -2147023169, -2147417848, -2147418105, -2147418094, -2147220995
            KisHasGone = True
    End Select
End Function

' Why the last call did not reach Python, for the macro that tells it.
Public Function KisLastFailure() As String
    KisLastFailure = mLastFailure
End Function

' The value of a setting: a cell with a defined name. Empty where the user has removed it.
Public Function KisSetting(ByVal name As String) As Variant
    On Error GoTo missing
    KisSetting = KisRangeValue(ThisWorkbook.Names(name).RefersToRange)
    Exit Function
missing:
    KisSetting = Empty
End Function

' A message of the workbook's own, from the sheet of texts, since this source holds ASCII only.
Public Function KisText(ByVal key As String) As String
    Dim row As Long
    Dim sheet As Object
    On Error GoTo missing
    Set sheet = ThisWorkbook.Worksheets("_help")
    row = 1
    Do While sheet.Cells(row, 1).Value <> ""
        If sheet.Cells(row, 1).Value = key Then
            KisText = sheet.Cells(row, 2).Value
            Exit Function
        End If
        row = row + 1
    Loop
missing:
    If KisText = "" Then KisText = key
End Function
