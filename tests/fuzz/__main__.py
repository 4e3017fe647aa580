"""Minutes of fuzzing: `python -m tests.fuzz --minutes 2 [READER …]`; all readers where none is named.

Prints for each reader how many files it was given, how many errors got through, and of what kinds. With `--keep FOLDER`
the first file of each kind is kept there. The exit status is 1 where anything got through.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import secrets
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

from hypothesis import given, seed, settings
from hypothesis.errors import HypothesisWarning

MOST_ADDRESS_SPACE = 16 * 2**30
"""Bytes that the process may claim: a reader that believes in more gets a MemoryError."""
AT_ONCE = 200
"""Number of files that are generated from one random seed, before another is taken."""


def main(arguments: list[str] | None = None) -> int:
    """Give each named reader changed files for the chosen time, and print how many errors escaped."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("readers", nargs="*", metavar="READER")
    parser.add_argument("--minutes", type=float, default=2.0, help="of each reader (default: %(default)s)")
    parser.add_argument("--keep", type=Path, help="folder for the first file of each kind of error")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", HypothesisWarning)  # of large files in its own messages
    with tempfile.TemporaryDirectory(prefix="tvae-fuzz-") as folder:
        for variable in ("XDG_DATA_HOME", "TVAE_RUNS"):  # nothing of the user's is read or written
            os.environ[variable] = str(Path(folder, variable))
        from tests.fuzz.readers import READERS  # imports torch, which reads the variables of the caches

        if unknown := [name for name in options.readers if name not in READERS]:
            parser.error(f"no reader {unknown[0]!r}; there are {', '.join(sorted(READERS))}")
        resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESS_SPACE, resource.RLIM_INFINITY))
        escaped = [fuzz(name, options.minutes, options.keep) for name in options.readers or READERS]
    return 1 if any(escaped) else 0


def fuzz(name: str, minutes: float, keep: Path | None) -> int:
    """Fuzz a reader for so long, with one file at least, and print what came of it; the number that got through."""
    from tests.fuzz.readers import READERS
    from tests.fuzz.trials import GENERATE, trial

    reader = READERS[name]()
    tried, refused, kinds = 0, 0, Counter[str]()
    end, processor = time.monotonic() + 60 * minutes, time.process_time()

    def read(content: bytes) -> None:
        nonlocal tried, refused
        if tried and time.monotonic() > end:
            return
        outcome = trial(reader, content)
        tried, refused = tried + 1, refused + outcome.refused
        if kind := outcome.escaped:
            kinds[kind] += 1
            if keep is not None and kinds[kind] == 1:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{name}-{hashlib.sha256(content).hexdigest()[:8]}").write_bytes(content)

    while not tried or time.monotonic() < end:
        turn = given(reader.contents)(lambda content: read(content))
        seed(secrets.randbits(64))(settings(GENERATE, max_examples=AT_ONCE)(turn))()
    print(
        f"{name:22} {tried:9,} files {refused:9,} refused {kinds.total():7,} escaped"
        f" in {time.process_time() - processor:6.0f} s of a processor",
        flush=True,
    )
    for kind, count in kinds.most_common():
        print(f"    {count:6,} {kind}", flush=True)
    return kinds.total()


if __name__ == "__main__":
    sys.exit(main())
