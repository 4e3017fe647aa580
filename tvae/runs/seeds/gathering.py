"""Gathers the figures of runs that differ in seed alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tvae.data import Split
from tvae.data.split import SplitName
from tvae.errors import InputError
from tvae.runs.comparison import SEED, in_words, seed_replicates, settings_that_differ
from tvae.runs.run import Run
from tvae.runs.seeds.figures import SeedFigures, figures_in_folder, measured_figures, splits_of
from tvae.runs.seeds.file import read_seed_figures


def seed_figures(run: Run, others: Iterable[Run] = ()) -> list[SeedFigures]:
    """The figures of a run's seeds: its seeds.json, else its own and those of others that differ in seed alone.

    Without the file figures are of the test split, from the run's folder. Empty where there are none.

    Raises:
        InputError: a file is garbled (see `read_seed_figures`).
    """
    kept = read_seed_figures(run)
    if kept is not None and len(kept) > 1:
        return kept
    by_seed: dict[int, SeedFigures] = {}
    for one in seed_replicates(run, others):
        figures = kept if one.folder == run.folder and kept else read_seed_figures(one) or [figures_in_folder(one)]
        for of_seed in figures:
            if of_seed is not None and of_seed.seed == one.config.train.seed:
                by_seed[of_seed.seed] = of_seed
    own = by_seed.get(run.config.train.seed)
    if own is None:
        return []
    # Only splits that every seed was measured on can be compared.
    return [of_seed for _, of_seed in sorted(by_seed.items()) if of_seed.splits.keys() == own.splits.keys()]


def own_figures(
    run: Run, split_of: Callable[[SplitName], Split], on_share: Callable[[float], None] = lambda share: None
) -> SeedFigures:
    """A run's own figures on its test and, where it has one, validation split: as it keeps them, else measured.

    Args:
        split_of: gives the run's images of a split.
        on_share: called with the share of the work that is done, from 0 to 1.

    Raises:
        InputError: as `measured_figures`, or the run is not trained to its end.
    """
    if not run.provenance.finished:
        raise InputError(f"{run.folder}: is not trained to its end; let it finish first")
    try:
        kept = read_seed_figures(run) or []
    except InputError:  # it is about to be written anew
        kept = []
    own = [of_seed for of_seed in kept if of_seed.seed == run.config.train.seed]
    if own:
        return own[0]
    parts = 2 * len(run.config.arms) * len(splits_of(run))
    done = 0

    def count(part: str) -> None:
        nonlocal done
        done += 1
        on_share(done / parts)

    figures = measured_figures(run, map(split_of, splits_of(run)), count)
    on_share(1.0)
    return figures


def check_replicate(run: Run, other: Run) -> None:
    """Check that two runs are alike but for the seed.

    Raises:
        InputError: they differ in something else too, or have the same seed; the message says in what.
    """
    differences = settings_that_differ(run, other)
    rest = {name: both for name, both in differences.items() if name != SEED}
    if rest:
        raise InputError(f"{other.folder}: differs from {run.folder} in more than its seed: {in_words(rest)}")
    if SEED not in differences:
        raise InputError(f"{other.folder}: has seed {other.config.train.seed} as {run.folder} has; name one run a seed")
