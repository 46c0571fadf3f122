"""LibreOffice Calc in Excel's place, so that a test can use a workbook as its user does.

A test types formulas and presses buttons; the workbook's own VBA runs, and calls Python functions in the test's process:

    pytest ── client ──(JSON lines)── driver ──(UNO)── LibreOffice ── the workbook's VBA
      └─ host <───────────────────(HTTP, loopback)────────── office_script <─┘

    fixture         what a test asks for: `calc`
    client          a running Calc and its workbooks, as a test sees them
    host, com       the functions' side: what xlwings' COM server does, with the rules of Windows applied strictly
    driver, office, documents   run by the system's Python, which has `uno`; standard library only
    office_script   runs inside LibreOffice
    basic/          VBA that stands in for what LibreOffice lacks
"""
