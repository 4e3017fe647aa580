"""Reads and writes seeds.json, the figures of a run's seeds in its folder."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from tvae.errors import InputError
from tvae.runs.run import Run
from tvae.runs.seeds.figures import MARGINS, ArmFigures, SeedFigures, splits_of
from tvae.system.files import read_bounded, read_json, write_atomically

SEEDS = "seeds.json"
SCHEMA = 1
_LARGEST = 16 * 2**20
_MOST_SEEDS = 1_000


def write_seed_figures(run: Run, figures: Iterable[SeedFigures]) -> None:
    """Write the run's seeds.json.

    Raises:
        OSError: the folder can't be written; an older file stays.
    """
    splits = {name: _split_record(run, name) for name in splits_of(run)}
    content = {
        "schema": SCHEMA,
        "margins": MARGINS,
        "arms": list(run.config.arms),
        "splits": splits,
        "seeds": [asdict(of_seed) for of_seed in sorted(figures, key=lambda of_seed: of_seed.seed)],
    }
    write_atomically(run.folder / SEEDS, json.dumps(content, separators=(",", ":")) + "\n")


def read_seed_figures(run: Run) -> list[SeedFigures] | None:
    """Figures in the run's seeds.json by seed, the run's own among them; None where there is no such file.

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


def _split_record(run: Run, name: str) -> dict[str, Any]:
    record = run.provenance.split(name)
    return {"n": record.n, "fingerprint": record.fingerprint}


def _checked(run: Run, plain: Any) -> list[SeedFigures]:
    _require(isinstance(plain, dict), "not an object")
    _require(plain.get("schema") == SCHEMA, f"schema {plain.get('schema')!r}; this program reads version {SCHEMA}")
    _require(plain.get("margins") == list(MARGINS), "its margins are not those that this program keeps")
    _require(plain.get("arms") == list(run.config.arms), "its arms are not those of the run")
    records = {name: _split_record(run, name) for name in splits_of(run)}
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
