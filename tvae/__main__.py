"""`python -m tvae`."""

import sys

from tvae.cli.commands import main

sys.exit(main(sys.argv[1:]))
