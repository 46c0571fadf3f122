"""Starting xlwings' COM server as a workbook does, for tests and benchmarks on Windows.

command       the command line, ported from xlwings' VBA     interpreter   this Python once more, under another path
server        xlwings' DLL and the server that it starts     fake_excel    a workbook to import functions into
kit           the account that the server is asked about
"""
