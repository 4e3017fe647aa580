"""`python -m tvae`, and the command `tvae` of an installed package."""

import sys

from tvae.cli.parsing import main


def run() -> int:
    """Run the command that the process was started with and return its exit status."""
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
