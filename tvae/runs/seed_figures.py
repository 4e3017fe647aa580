"""Figures of a run's arms for several seeds by split: its seeds.json."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tvae.data import Split
from tvae.data.split import SplitName
from tvae.errors import InputError
from tvae.explore.advice import Cell, Figures
from tvae.metrics.measurable import has_triplet
from tvae.metrics.triplet_curve import TripletCurve
from tvae.model.encoding import Encoding
from tvae.runs.comparison import SEED, in_words, seed_replicates, settings_that_differ
from tvae.runs.encodings import read_curves, read_encoding
from tvae.runs.run import Run
from tvae.system.files import read_bounded, read_json, write_atomically

SEEDS = "seeds.json"
SCHEMA = 1
MARGINS = tuple(round(0.025 * place, 3) for place in (*range(41), *range(50, 201, 10)))
"""Margins that accuracies are kept at: fine from 0 to 1, where most arms fall, then by 0.25 to 5."""
CHOOSING: SplitName = "validation"
MEASURED: SplitName = "test"
_LARGEST = 16 * 2**20
_MOST_SEEDS = 1_000
_DIGITS = 6
"""Decimal places that are kept: of a share a ten-thousandth of a percent."""


@dataclass(frozen=True, kw_only=True)
class ArmFigures:
    """What one arm of one run gave on one split."""

    triplet_accuracy: tuple[float, ...]
    """Share of all triplets at each of `MARGINS`."""
    reconstruction: float
    """Squared error of an image, summed over pixels, from the mean."""
    kl: float
    """Nats, summed over latents."""

    def at(self, margin: float) -> Figures:
        """The figures with the accuracy at one of `MARGINS`."""
        return Figures(accuracy=self.triplet_accuracy[MARGINS.index(margin)], error=self.reconstruction, kl=self.kl)


@dataclass(frozen=True, kw_only=True)
class SeedFigures:
    """What a run gave: its seed, the step of its weights, and the figures of each split by arm."""

    seed: int
    step: int
    splits: dict[str, dict[str, ArmFigures]]


def figures_of_arms(encoding: Encoding, curves: dict[str, TripletCurve]) -> dict[str, ArmFigures]:
    """The figures of an encoded split, whose curves reach from margin 0 to 5."""
    return {
        name: ArmFigures(
            triplet_accuracy=tuple(round(curves[name].at(margin).accuracy, _DIGITS) for margin in MARGINS),
            reconstruction=round(float(arm.errors.mean(dtype=float)), _DIGITS),
            kl=max(0.0, round(float(arm.kl.sum(dtype=float)), _DIGITS)),  # rounding may leave it below
        )
        for name, arm in encoding.arms.items()
    }


def measured_figures(
    run: Run, splits: Iterable[Split], on_part: Callable[[str], None] = lambda part: None
) -> SeedFigures:
    """The figures of a trained run on these splits; on the test split from its folder where that holds them.

    Args:
        on_part: called after each part of each arm, with its name in `measuring.SECONDS`.

    Raises:
        InputError: labels that allow no triplet, weights that don't fit, or a split that is not the run's.
    """
    from tvae.runs.evaluation import encode_split, triplet_curves  # imports torch

    by_split = {}
    for split in splits:
        if not has_triplet(split.labels):
            raise InputError(f"{run.folder}: the labels of the {split.name} split allow no triplet")
        encoding, curves = None, None
        if split.name == MEASURED:
            encoding, curves = read_encoding(run, MEASURED), read_curves(run, MEASURED)
        if encoding is None or curves is None:
            encoding = encode_split(run, split)
            for _ in encoding.arms:
                on_part("encoding")
            curves = triplet_curves(encoding, on_part)
        by_split[split.name] = figures_of_arms(encoding, curves)
    return SeedFigures(seed=run.config.train.seed, step=run.provenance.step, splits=by_split)


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
    parts = 2 * len(run.config.arms) * len(_splits_of(run))
    done = 0

    def count(part: str) -> None:
        nonlocal done
        done += 1
        on_share(done / parts)

    figures = measured_figures(run, map(split_of, _splits_of(run)), count)
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


def write_seed_figures(run: Run, figures: Iterable[SeedFigures]) -> None:
    """Write the run's seeds.json.

    Raises:
        OSError: the folder can't be written; an older file stays.
    """
    splits = {name: _split_record(run, name) for name in _splits_of(run)}
    content = {
        "schema": SCHEMA,
        "margins": MARGINS,
        "arms": list(run.config.arms),
        "splits": splits,
        "seeds": [asdict(of_seed) for of_seed in sorted(figures, key=lambda of_seed: of_seed.seed)],
    }
    write_atomically(run.folder / SEEDS, json.dumps(content, separators=(",", ":")) + "\n")


def read_seed_figures(run: Run) -> list[SeedFigures] | None:
    """What the run's seeds.json holds, by seed, the run's own among them; None where there is no such file.

    Raises:
        InputError: it is garbled, of another schema, or of another run, split or step than the run's.
    """
    path = run.folder / SEEDS
    if not path.exists():
        return None
    try:
        plain = read_json(read_bounded(path, _LARGEST).decode(), SEEDS)
        return _checked(run, plain)
    except UnicodeDecodeError:
        raise InputError(f"{path}: not text") from None
    except InputError as error:
        raise InputError(f"{path}: {str(error).removeprefix(f'{SEEDS}: ')}") from None


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
        figures = kept if one.folder == run.folder and kept else read_seed_figures(one) or [_figures_in_folder(one)]
        for of_seed in figures:
            if of_seed is not None and of_seed.seed == one.config.train.seed:
                by_seed[of_seed.seed] = of_seed
    own = by_seed.get(run.config.train.seed)
    if own is None:
        return []
    # Only splits that every seed was measured on can be compared.
    return [of_seed for _, of_seed in sorted(by_seed.items()) if of_seed.splits.keys() == own.splits.keys()]


def ladder_cells(run: Run, figures: Sequence[SeedFigures], margin: float) -> list[Cell]:
    """Each arm of the run as a cell of the advice: chosen on the validation split where all seeds have it.

    Args:
        figures: of the run's seeds, at least one.
        margin: one of `MARGINS`, that accuracies are of.
    """
    choosing = choosing_split(figures)
    return [
        Cell(
            arm=arm,
            weight=loss.triplet_weight,
            margin=loss.margin,
            choosing=tuple(of_seed.splits[choosing][arm].at(margin) for of_seed in figures),
            test=tuple(of_seed.splits[MEASURED][arm].at(margin) for of_seed in figures),
        )
        for arm, loss in run.config.arms.items()
    ]


def choosing_split(figures: Iterable[SeedFigures]) -> SplitName:
    """The split that arms are chosen on: validation where every seed was measured on it, else the test split."""
    return CHOOSING if all(CHOOSING in of_seed.splits for of_seed in figures) else MEASURED


def _figures_in_folder(run: Run) -> SeedFigures | None:
    """A run's own figures on the test split, from its encoding and curves; None where its folder has none."""
    encoding, curves = read_encoding(run, MEASURED), read_curves(run, MEASURED)
    if encoding is None or curves is None:
        return None
    by_arm = figures_of_arms(encoding, curves)
    return SeedFigures(seed=run.config.train.seed, step=run.provenance.step, splits={MEASURED: by_arm})


def _splits_of(run: Run) -> list[SplitName]:
    return [MEASURED] if run.provenance.validation is None else [CHOOSING, MEASURED]


def _split_record(run: Run, name: str) -> dict[str, Any]:
    record = run.provenance.split(name)
    return {"n": record.n, "fingerprint": record.fingerprint}


def _checked(run: Run, plain: Any) -> list[SeedFigures]:
    _require(isinstance(plain, dict), "not an object")
    _require(plain.get("schema") == SCHEMA, f"schema {plain.get('schema')!r}; this program reads version {SCHEMA}")
    _require(plain.get("margins") == list(MARGINS), "its margins are not those that this program keeps")
    _require(plain.get("arms") == list(run.config.arms), "its arms are not those of the run")
    records = {name: _split_record(run, name) for name in _splits_of(run)}
    _require(plain.get("splits") == records, "its splits are not those of the run")
    rows = plain.get("seeds")
    _require(isinstance(rows, list) and 1 <= len(rows) <= _MOST_SEEDS, "it lists no seeds")
    figures = [_seed(row, list(run.config.arms), list(records)) for row in rows]
    seeds = [of_seed.seed for of_seed in figures]
    _require(len(set(seeds)) == len(seeds), "a seed is there twice")
    own = [of_seed.step for of_seed in figures if of_seed.seed == run.config.train.seed]
    _require(own == [run.provenance.step], "it was not measured on the weights that the run has now")
    return sorted(figures, key=lambda of_seed: of_seed.seed)


def _seed(row: Any, arms: list[str], splits: list[str]) -> SeedFigures:
    whole = isinstance(row, dict) and row.keys() == {"seed", "step", "splits"}
    _require(whole and all(type(row[name]) is int and row[name] >= 0 for name in ("seed", "step")), "a seed is no seed")
    by_split = row["splits"]
    _require(
        isinstance(by_split, dict) and list(by_split) == splits, f"seed {row['seed']}: its splits are not the run's"
    )
    checked = {}
    for name, by_arm in by_split.items():
        where = f"seed {row['seed']}, {name} split"
        _require(isinstance(by_arm, dict) and list(by_arm) == arms, f"{where}: its arms are not those of the run")
        checked[name] = {arm: _arm(numbers, f"{where}, arm {arm}") for arm, numbers in by_arm.items()}
    return SeedFigures(seed=row["seed"], step=row["step"], splits=checked)


def _arm(numbers: Any, where: str) -> ArmFigures:
    names = {"triplet_accuracy", "reconstruction", "kl"}
    _require(isinstance(numbers, dict) and numbers.keys() == names, f"{where}: its figures are not {', '.join(names)}")
    shares = numbers["triplet_accuracy"]
    whole = isinstance(shares, list) and len(shares) == len(MARGINS)
    _require(
        whole and all(_is_number(share) and share <= 1 for share in shares),
        f"{where}: accuracies must be {len(MARGINS)} shares from 0 to 1",
    )
    _require(
        _is_number(numbers["reconstruction"]) and _is_number(numbers["kl"]),
        f"{where}: error and KL must be finite numbers from 0 up",
    )
    return ArmFigures(
        triplet_accuracy=tuple(map(float, shares)),
        reconstruction=float(numbers["reconstruction"]),
        kl=float(numbers["kl"]),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _require(fine: bool, message: str) -> None:
    if not fine:
        raise InputError(f"{SEEDS}: {message}")
