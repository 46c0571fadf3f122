"""Excel: what cells show, what buttons do, and the workbook that holds both.

    values     from typed values to what a cell may get      arguments  from what a cell passes to typed values
    options    the `options` argument                        view       one snapshot, ready for cells
    tables     what each function returns                    status     how the snapshot is doing
    session    the state of the server behind the workbook   failures   from errors to what a cell shows
    registry   the functions and their help                  macros     what the buttons call
    jobs       work that a button started                    wrappers   VBA made from the functions
    vba        the workbook's own VBA                        ovba       a VBA project from its text
    workbook   the sheets                                    personal   a copy for one user's machine
    mac        the tables as values, where formulas cannot be

The functions themselves are in `kis_xl/udfs.py`.
"""
