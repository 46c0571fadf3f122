Option Explicit
Option Private Module
' The way to Python. The object is kept: asking xlwings for it reads the configuration sheet each time.

Private Const ESCAPE As Long = 18
Private Const SLOW As Double = 0.00005   ' days: about 4 seconds
Private Const PAUSE As Double = 0.0007   ' days: about a minute

Private mServer As Object
Private mFailure As String
Private mAgain As Date

' A Python that does not start keeps xlwings waiting for a minute or two: told to all cells that ask soon after, it costs one wait.
Public Function KisConnect() As Object
    Dim greeted As Variant
    Dim began As Date
    Dim number As Long
    If mServer Is Nothing Then
        If Now < mAgain Then Err.Raise 1000, "KIS", mFailure
        began = Now
        On Error GoTo failed
        Set mServer = @ACTIVATE@
        greeted = mServer.CallUDF("kis_xl.excel.macros", "hello", Array(KisSetting("KisLanguage")))
    End If
    Set KisConnect = mServer
    Exit Function
failed:
    number = Err.Number
    mFailure = Err.Description
    Set mServer = Nothing   ' one that was not greeted speaks the wrong language
    If number <> ESCAPE And Now - began > SLOW Then mAgain = Now + PAUSE
    On Error GoTo 0
    Err.Raise number, "KIS", mFailure
End Function

' What is asked next starts or finds the server anew, also where it has just failed.
Public Sub KisDisconnect()
    Set mServer = Nothing
    mAgain = 0
End Sub

' Of a server that has gone xlwings may still hold the object: it is made to forget it.
Public Sub KisForget()
    On Error Resume Next
    Application.Run @KILL@
    KisDisconnect
End Sub

' On a Mac there is no server: each command is a Python of its own.
Public Sub KisRunPython(ByVal command As String)
    @RUNPYTHON@
End Sub
