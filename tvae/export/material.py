"""Material of an export: arms of a run, what they encode of a split, and the split's images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32, UInt8

from tvae.data import Split
from tvae.data.split import SplitName
from tvae.errors import InputError
from tvae.maps.layout_files import stored_layout
from tvae.maps.parameters import METHODS, PcaParameters
from tvae.maps.projection import Layout, ProjectionRequest, cache_key, project
from tvae.metrics.neighbours import Neighbours, nearest_neighbours, searched_rows
from tvae.model.encoding import EncodedArm, Encoding
from tvae.runs.arm_names import arm_names
from tvae.runs.encodings import read_encoding
from tvae.runs.run import Run
from tvae.system.user_folders import default_layouts_folder
from tvae.version import VERSION

MOST_NEIGHBOURS = 15
"""Nearest images that an export has of each image."""
WRITTEN_BY = f"TVAE Explorer {VERSION}"
"""What each export names as its writer, so that its reader can tell the version."""


@dataclass(frozen=True, eq=False)
class Material:
    """The arms of a run that are exported, with what they encode of one split."""

    run: Run
    arms: tuple[str, ...]
    """Arms that are exported, in the run's order."""
    encoding: Encoding
    """The split in all arms of the run."""
    images: UInt8[np.ndarray, "n height width channels"] | None
    """The split's images; None: the export is to have none."""

    @property
    def encoded(self) -> dict[str, EncodedArm]:
        """What each exported arm encodes."""
        return {arm: self.encoding.arms[arm] for arm in self.arms}

    @property
    def names(self) -> dict[str, str]:
        """Readable name of each exported arm."""
        names = arm_names(self.run.config)
        return {arm: names[arm] for arm in self.arms}

    @property
    def class_names(self) -> list[str]:
        """Name of each image's class, as one line of text."""
        names = [" ".join(name.split()) for name in self.run.class_names]
        return [names[label] for label in self.encoding.labels]

    @property
    def told(self) -> str:
        """Run, data, split, number of images and seed, as a sentence without its full stop."""
        config = self.run.config
        return (
            f"Run {self.run.name} on the {self.encoding.split} split of {config.data.name}, "
            f"n = {len(self.encoding.labels):,}, training seed {config.train.seed}, by {WRITTEN_BY}"
        )

    @cached_property
    def layouts(self) -> dict[str, Layout]:
        """Layouts of all arms by method: those that the run or this user keeps under default parameters, and PCA."""
        folders = (self.run.folder / "layouts", default_layouts_folder())
        layouts = {}
        for method, parameters in METHODS.items():
            request = ProjectionRequest(means=self.encoding.means, parameters=parameters(), labels=self.encoding.labels)
            stored = stored_layout(cache_key(request), folders)
            if stored is not None:
                layouts[method] = stored
            elif parameters is PcaParameters:
                layouts[method] = project(request)
        return layouts

    def positions(self, method: str, arm: str) -> Float32[np.ndarray, "n 2"]:
        """Each image's place on an arm's map."""
        return self.layouts[method].positions[arm]

    def neighbours(self, arm: str) -> Neighbours:
        """The images nearest to each in an arm's latent space, `MOST_NEIGHBOURS` or all others where they are fewer.

        Beyond `EXACT_TO` images they are looked for among a sample (`searched_rows`).
        """
        means = self.encoding.arms[arm].means
        n = len(means)
        return nearest_neighbours(means, min(MOST_NEIGHBOURS, n - 1), among=searched_rows(n))


def material_of(
    run: Run,
    encoding: Encoding,
    images: UInt8[np.ndarray, "n height width channels"] | None,
    arms: Sequence[str] = (),
) -> Material:
    """The material of these arms, or of all where none is named.

    Raises:
        InputError: the run has no such arm.
    """
    for arm in arms:
        if arm not in run.config.arms:
            raise InputError(f"arm: {arm[:40]!r} is none of the run's; it has {', '.join(run.config.arms)}")
    chosen = tuple(arm for arm in run.config.arms if not arms or arm in arms)
    return Material(run=run.as_trained, arms=chosen, encoding=encoding, images=images)


def gathered_material(
    run: Run, split: SplitName, arms: Sequence[str], with_images: bool, load: Callable[[], Split]
) -> Material:
    """The material of an export of these arms on a split, encoded where the run keeps no encoding of it.

    Args:
        load: gives the split; called where its images are needed.

    Raises:
        InputError: as `material_of`, and what `load` raises.
    """
    encoding = read_encoding(run, split)
    loaded = load() if with_images or encoding is None else None
    if encoding is None:
        from tvae.runs.evaluation import encode_split  # imports torch

        assert loaded is not None
        encoding = encode_split(run, loaded)
    return material_of(run, encoding, loaded.images if loaded is not None and with_images else None, arms)
