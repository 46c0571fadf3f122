Option Explicit
' What buttons and the ribbon run. Each job runs in Python; here it is watched, with Excel alive.

Private Const MACROS As String = "kis_xl.excel.macros"
Private Const DOCTOR As String = "kis_xl.doctor.excel"
Private Const TITLE As String = "KIS"
Private Const NOTHING_TO_DO As String = "none"
Private Const ESCAPE As Long = 18
Private Const STATUS_MINUTES As Double = 0.2

Private mRunning As Boolean

Public Sub KisRefresh()
    If KisIsMac() Then
        KisOnMac "refresh"
        Exit Sub
    End If
    KisRefreshNow True
    KisSchedule   ' the interval begins anew; and a clock that was stopped by a close which was called off goes again
End Sub

Public Sub KisExport()
    Dim report As Variant
    Dim path As Variant
    If KisIsMac() Then
        KisOnMac "export"
        Exit Sub
    End If
    report = KisWatch("start_export")
    If IsEmpty(report) Then Exit Sub
    If report(0) = "done" Then
        If KisAsk(report(2), TITLE) Then
            For Each path In Split(report(3), vbLf)   ' of all accounts there are several
                If Not KisOpenFile(path) Then KisTell KisText("msg.cannot_open") & vbLf & path, TITLE
            Next path
        End If
    ElseIf report(0) <> "cancelled" Then
        KisTell report(2), TITLE
    End If
End Sub

Public Sub KisCopyValues()
    Dim reason As String
    On Error GoTo failed
    KisCopySheet ActiveSheet
    Exit Sub
failed:
    reason = Err.Description   ' the next call forgets it
    KisTell KisText("msg.cannot_copy") & vbLf & reason, TITLE
End Sub

' One real call, and what the doctor finds.
Public Sub KisCheck()
    If KisIsMac() Then
        KisOnMac "check"
        Exit Sub
    End If
    On Error GoTo failed
    KisDisconnect   ' whoever asks now does not want to hear of an earlier failure
    KisTell KisUnmarked(KisAskPython(DOCTOR, "check", Array(KisSetting("KisAccount")))), TITLE
    Exit Sub
failed:
    KisTell KisText("msg.no_python") & vbLf & vbLf & KisLastFailure(), TITLE
End Sub

Public Sub KisStart()
    On Error Resume Next   ' the user may have hidden it
    ThisWorkbook.Activate
    ThisWorkbook.Worksheets(1).Activate
End Sub

Private Sub KisOnMac(ByVal what As String)
    On Error GoTo failed
    KisRunPython "import kis_xl.excel.mac as mac; mac." & what & "()"
    Exit Sub
failed:
    KisTell KisText("msg.mac"), TITLE
End Sub

' Run by the clock, when an interval is set: quietly, and at trading hours only.
Public Sub KisAuto()
    On Error GoTo later
    If KisInterval() <= 0 Then Exit Sub
    If KisAskPython(MACROS, "is_trading", Array()) Then KisRefreshNow False
later:
    KisSchedule
End Sub

' Run once when the workbook was opened, after it is on the screen.
Public Sub KisOpened()
    KisRefreshNow False
End Sub

' Run once after opening where the cells show failures or old figures: what was computed before macros were allowed keeps its
' #NAME?, and another program may have fetched since.
Public Sub KisRenew()
    If KisIsReached() Then KisRecalculate
End Sub

Public Sub KisClearStatus()
    If Not mRunning Then KisStatus ""
End Sub

' Sets the clock to what the settings say.
Public Sub KisSchedule()
    KisNever "KisAuto"
    If KisInterval() > 0 Then KisOnTime KisInterval(), "KisAuto"
End Sub

Private Function KisInterval() As Double
    Dim minutes As Variant
    minutes = KisSetting("KisInterval")
    If IsNumeric(minutes) And Not IsEmpty(minutes) Then KisInterval = CDbl(minutes)
    If KisInterval > 0 And KisInterval < 1 Then KisInterval = 1
End Function

' What the settings sheet changed: the language, the clock, and with them what the cells say.
Public Sub KisSettingsChanged()
    If KisIsMac() Then Exit Sub   ' there the tables are values, and their writing is a change too
    On Error GoTo later
    KisDisconnect
    KisSchedule
    If KisIsReached() Then KisRecalculate
later:
End Sub

' Whether Python answers. Without it a calculation would turn figures that are still good into #N/A.
Private Function KisIsReached() As Boolean
    On Error GoTo failed
    KisIsReached = Not KisConnect() Is Nothing
failed:
End Function

Private Sub KisRefreshNow(ByVal loud As Boolean)
    Dim report As Variant
    Dim rest As Variant
    Dim troubles As String
    report = KisWatch("start_refresh")
    If IsEmpty(report) Then Exit Sub
    If report(0) = "cancelled" Then Exit Sub
    If report(0) <> "unreached" Then
        troubles = KisRecalculate()
        rest = KisWatch("start_rest")   ' what cells have asked for only now
        If IsArray(rest) Then
            If rest(0) = "done" Or rest(0) = "failed" Then troubles = KisRecalculate()
            If report(0) = "done" Then report = rest
        End If
    End If
    If Not loud Then Exit Sub
    If report(0) = "failed" Or report(0) = "unreached" Then
        KisTell report(2), TITLE
    ElseIf troubles <> "" Then
        KisTell troubles, TITLE
    End If
End Sub

' Starts a job and waits for its end. The last report (stage, line, message, path), or Empty where another one is going on
' or there was nothing to do.
' A stage of its own is "unreached": Python did not answer.
Private Function KisWatch(ByVal starter As String) As Variant
    Dim report As Variant
    Dim started As Variant
    Dim reason As String
    KisWatch = Empty
    If mRunning Then Exit Function
    mRunning = True
    On Error GoTo failed
    KisDisconnect   ' whoever asks now does not want to hear of an earlier failure
    KisCatchEscape True
    started = KisAskPython(MACROS, starter, Array(KisSetting("KisAccount"), KisSetting("KisOptions")))
    If KisIsMarked(started) Then
        KisWatch = Array("failed", "", KisUnmarked(started), "")
    ElseIf started <> NOTHING_TO_DO Then
        Do
            report = KisAskPython(MACROS, "poll", Array(0.2))
            KisStatus report(1)
            DoEvents
        Loop While report(0) = "running"
        KisWatch = report
    End If
ended:
    On Error Resume Next
    KisCatchEscape False
    mRunning = False
    KisOnTime STATUS_MINUTES, "KisClearStatus"
    Exit Function
failed:
    If Err.Number = ESCAPE Then
        KisCancel
        If Not IsEmpty(started) Then   ' the next poll says that it was cancelled
            Resume
        End If
        KisWatch = Array("cancelled", "", "", "")
        Resume ended
    End If
    reason = Err.Description   ' the next call forgets it
    KisWatch = Array("unreached", "", KisText("msg.no_python") & vbLf & vbLf & reason, "")
    Resume ended
End Function

Private Sub KisCancel()
    Dim answer As Variant
    On Error Resume Next
    answer = KisAskPython(MACROS, "cancel", Array())
End Sub

' Computes the cells that call a function of this workbook, and no others; formats what they fill. What went wrong, "" for nothing.
Private Function KisRecalculate() As String
    Dim anchors As Collection
    Dim anchor As Variant
    Dim troubles As String
    Dim guarded As String
    Set anchors = KisAnchors()
    KisFreezeScreen True
    On Error Resume Next
    For Each anchor In anchors
        If Not KisIsStatus(anchor) Then KisCalculate anchor
    Next anchor
    For Each anchor In anchors
        If KisIsStatus(anchor) Then KisCalculate anchor   ' last: it speaks for what the others have asked for
    Next anchor
    KisCalculated
    For Each anchor In anchors
        If KisIsBlocked(anchor) Then
            troubles = troubles & vbLf & anchor.Worksheet.Name & "!" & anchor.Address
        ElseIf anchor.Worksheet.ProtectContents Then
            If InStr(1, guarded & vbLf, vbLf & anchor.Worksheet.Name & vbLf) = 0 Then guarded = guarded & vbLf & anchor.Worksheet.Name
        Else
            KisFormatTable anchor
        End If
    Next anchor
    KisFreezeScreen False
    If troubles <> "" Then troubles = KisText("msg.blocked") & troubles
    If guarded <> "" Then troubles = troubles & IIf(troubles = "", "", vbLf & vbLf) & KisText("msg.protected") & guarded
    KisRecalculate = troubles
End Function

Private Function KisIsStatus(ByVal cell As Object) As Boolean
    KisIsStatus = InStr(1, KisFormula(cell), "KIS_STATUS", vbTextCompare) > 0
End Function

' The first cells of all formulas that call a function of this workbook, in all open workbooks.
Private Function KisAnchors() As Collection
    Dim book As Object
    Dim sheet As Object
    Dim found As Collection
    Set found = New Collection
    On Error Resume Next
    For Each book In Application.Workbooks
        For Each sheet In book.Worksheets
            KisAnchorsOfSheet sheet, found
        Next sheet
    Next book
    Set KisAnchors = found
End Function

Private Sub KisAnchorsOfSheet(ByVal sheet As Object, ByVal found As Collection)
    Dim area As Object
    Dim covered As Collection
    Set covered = New Collection
    For Each area In KisFormulaAreas(sheet)
        KisAnchorsOfArea area, found, covered
    Next area
End Sub

Private Sub KisAnchorsOfArea(ByVal area As Object, ByVal found As Collection, ByVal covered As Collection)
    Dim formulas As Variant
    Dim row As Long
    Dim column As Long
    formulas = area.Formula
    If Not IsArray(formulas) Then
        KisAnchorOf area.Cells(1, 1), found, covered
        Exit Sub
    End If
    For row = LBound(formulas, 1) To UBound(formulas, 1)
        For column = LBound(formulas, 2) To UBound(formulas, 2)
            If VarType(formulas(row, column)) = vbString Then
                If InStr(1, formulas(row, column), "KIS_", vbTextCompare) > 0 Then
                    KisAnchorOf area.Cells(row - LBound(formulas, 1) + 1, column - LBound(formulas, 2) + 1), found, covered
                End If
            End If
        Next column
    Next row
End Sub

' Takes a formula's first cell in, unless the cell lies in what an earlier formula fills.
Private Sub KisAnchorOf(ByVal cell As Object, ByVal found As Collection, ByVal covered As Collection)
    Dim block As Object
    Dim corners As Variant
    For Each corners In covered
        If cell.Row >= corners(0) And cell.Row <= corners(1) And cell.Column >= corners(2) And cell.Column <= corners(3) Then Exit Sub
    Next corners
    If InStr(1, KisFormula(cell), "KIS_", vbTextCompare) = 0 Then Exit Sub
    Set block = KisSpill(cell)
    If block.Cells.Count > 1 Then
        covered.Add Array(block.Row, block.Row + block.Rows.Count - 1, block.Column, block.Column + block.Columns.Count - 1)
    End If
    found.Add block.Cells(1, 1)
End Sub

' Formats a table by its header row, or a list of captions and values by its captions.
Private Sub KisFormatTable(ByVal anchor As Object)
    Dim block As Object
    Dim wanted As Variant
    Dim place As Long
    Set block = KisSpill(anchor)
    If block.Rows.Count < 2 Or block.Columns.Count < 2 Then Exit Sub
    wanted = KisFormats(block.Rows(1))
    If KisAny(wanted) And VarType(KisRangeValue(block.Cells(1, 2))) = vbString Then   ' a header holds captions only
        For place = 1 To block.Columns.Count
            KisFormatCells block.Columns(place).Offset(1, 0).Resize(block.Rows.Count - 1, 1), wanted(place - 1)
        Next place
        Exit Sub
    End If
    wanted = KisFormats(block.Columns(1))
    For place = 1 To block.Rows.Count   ' of all accounts there are several columns
        KisFormatCells block.Cells(place, 2).Resize(1, block.Columns.Count - 1), wanted(place - 1)
    Next place
End Sub

' A format for each caption, counted from 0.
Private Function KisFormats(ByVal captions As Object) As Variant
    Dim answer As Variant
    answer = KisAskPython(MACROS, "formats", Array(KisRangeValue(captions)))
    If Not IsArray(answer) Then answer = Array(answer)
    KisFormats = answer
End Function

Private Function KisAny(ByVal formats As Variant) As Boolean
    Dim place As Long
    For place = LBound(formats) To UBound(formats)
        If formats(place) <> "" Then KisAny = True
    Next place
End Function

' Leaves a format that the user has chosen; and writes none that is there already, since any writing ends what can be undone.
Private Sub KisFormatCells(ByVal cells As Object, ByVal wanted As String)
    Dim present As Variant
    If wanted = "" Then Exit Sub
    present = cells.NumberFormat   ' Null where they differ
    If Not IsNull(present) Then
        If present = wanted Then Exit Sub
    End If
    present = cells.Cells(1, 1).NumberFormat
    If present = "General" Or InStr(1, KisOurFormats(), vbLf & present & vbLf, vbTextCompare) > 0 Then cells.NumberFormat = wanted
End Sub

Private Function KisOurFormats() As String
    Static known As String
    If known = "" Then known = KisAskPython(MACROS, "our_formats", Array())
    KisOurFormats = known
End Function

' The ribbon's buttons.
Public Sub KisRibbonRefresh(ByVal control As Object)
    KisRefresh
End Sub

Public Sub KisRibbonExport(ByVal control As Object)
    KisExport
End Sub

Public Sub KisRibbonCopyValues(ByVal control As Object)
    KisCopyValues
End Sub

Public Sub KisRibbonCheck(ByVal control As Object)
    KisCheck
End Sub

Public Sub KisRibbonStart(ByVal control As Object)
    KisStart
End Sub
