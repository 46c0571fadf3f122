Option Explicit
Option Private Module
' The way to Python. The object is kept: asking xlwings for it reads the configuration sheet each time.

Private mServer As Object

Public Function KisConnect() As Object
    Dim greeted As Variant
    If mServer Is Nothing Then
        Set mServer = @ACTIVATE@
        greeted = mServer.CallUDF("kis_xl.excel.macros", "hello", Array(KisSetting("KisLanguage")))
    End If
    Set KisConnect = mServer
End Function

Public Sub KisDisconnect()
    Set mServer = Nothing
End Sub

' On a Mac there is no server: each command is a Python of its own.
Public Sub KisRunPython(ByVal command As String)
    @RUNPYTHON@
End Sub
