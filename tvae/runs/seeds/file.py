"""Reads and writes seeds.json, the figures of a run's seeds in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any, TypedDict

from msgspec import Meta

from tvae.errors import InputError, require_schema
from tvae.runs.run import Run
from tvae.runs.seeds.figures import MARGINS, SeedFigures, splits_of
from tvae.system.files import write_atomically
from tvae.system.strict_json import Count, Sha256, checked, read_json_file

SEEDS = "seeds.json"
SCHEMA = 1
_LARGEST = 16 * 2**20
_MOST_SEEDS = 1_000


class _SplitForm(TypedDict):
    """Number and fingerprint of the images of a split."""

    n: Count
    fingerprint: Sha256


class _Form(TypedDict):
    """What the file holds, beside its schema."""

    margins: tuple[float, ...]
    arms: tuple[str, ...]
    splits: dict[str, _SplitForm]
    seeds: Annotated[list[SeedFigures], Meta(min_length=1, max_length=_MOST_SEEDS)]


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
    plain = read_json_file(path, dict[str, Any], _LARGEST)
    require_schema(plain.pop("schema", None), SCHEMA, str(path))
    return _figures_of(run, checked(plain, _Form, str(path)), str(path))


def _split_record(run: Run, name: str) -> _SplitForm:
    record = run.provenance.split(name)
    return {"n": record.n, "fingerprint": record.fingerprint}


def _figures_of(run: Run, form: _Form, where: str) -> list[SeedFigures]:
    """The figures, held against the run; by seed."""

    def require(fine: bool, message: str) -> None:
        if not fine:
            raise InputError(f"{where}: {message}")

    require(form["margins"] == MARGINS, "its margins are not those that this program keeps")
    require(form["arms"] == tuple(run.config.arms), "its arms are not those of the run")
    records = {name: _split_record(run, name) for name in splits_of(run)}
    require(form["splits"] == records, "its splits are not those of the run")
    for of_seed in form["seeds"]:
        where_found = f"seed {of_seed.seed}"
        require(of_seed.splits.keys() == records.keys(), f"{where_found}: its splits are not the run's")
        for name, by_arm in of_seed.splits.items():
            require(tuple(by_arm) == form["arms"], f"{where_found}, {name} split: its arms are not those of the run")
    seeds = [of_seed.seed for of_seed in form["seeds"]]
    require(len(set(seeds)) == len(seeds), "a seed is there twice")
    own = [of_seed.step for of_seed in form["seeds"] if of_seed.seed == run.config.train.seed]
    require(own == [run.provenance.step], "it was not measured on the weights that the run has now")
    return sorted(form["seeds"], key=lambda of_seed: of_seed.seed)
