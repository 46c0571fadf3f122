"""What writes the pages of `docs/` that are made from the code.

trial            the functions at work on a simulated account
formulas         a formula as a call
failing          the functions when something is wrong: what each says then
function_pages   a page a function
error_pages      every error: kinds, messages, codes of the service
causes           cause and cure of each kind of error
messages         what the program says when it fails, gathered from its source
tables           fields and settings
markdown         what GitHub and Sphinx both read
"""
