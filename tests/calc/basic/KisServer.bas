Option Explicit
' For a workbook that has no module of this name. The real workbook's own is kept, but for the line that asks xlwings for its object.

Private mServer As Object

Public Function KisConnect() As Object
    If mServer Is Nothing Then Set mServer = New KisTestServer
    Set KisConnect = mServer
End Function
