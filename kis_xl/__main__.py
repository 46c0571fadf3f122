"""`python -m kis_xl` is `kis-xl`."""

import sys

from kis_xl.cli import main

if __name__ == "__main__":
    sys.exit(main())
