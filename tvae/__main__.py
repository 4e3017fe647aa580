"""python -m tvae: the command line."""

import sys

from tvae.cli import main

sys.exit(main(sys.argv[1:]))
