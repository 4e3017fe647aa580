"""`python -m tvae`, and the command `tvae` of an installed package."""

import sys

from tvae.cli.output import print_error
from tvae.cli.parsing import main
from tvae.errors import InputError
from tvae.system.privacy import keep_files_private


def run() -> int:
    """Run the command that the process was started with and return its exit status."""
    try:
        keep_files_private()
    except InputError as error:
        print_error(str(error))
        return 2
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
