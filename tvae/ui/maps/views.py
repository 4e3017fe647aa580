"""View: one arm of one run, as a map can show it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float32

from tvae.errors import InputError
from tvae.figures.arm_styles import arm_styles
from tvae.model.encoding import EncodedArm, LatentSpace, LatentSpaces
from tvae.runs.arm_names import arm_name, short_arm_name
from tvae.runs.embeddings.shown import Shown, read_shown, trained
from tvae.runs.run import Run, encoding_name, epochs_text
from tvae.ui import cached
from tvae.ui.address.epochs import epoch_in_address
from tvae.ui.judging import judged_alike


@dataclass(frozen=True)
class View:
    """One arm of one run, as it ended or as it was at a snapshot; each script run makes it anew, and asks it often."""

    run: Shown
    arm: str
    of_run: str = ""
    """Name of its run where that is another than the page's."""
    stays: bool = False
    """Whether the view keeps its epoch, whichever epoch the page shows: then its names give the epoch."""

    @cached_property
    def label(self) -> str:
        """Short name for a control: the arm, with its run where that is another, with its epoch where that is fixed."""
        epoch = epochs_text(trained(self.run).epoch) if self.stays else ""
        return self._named(short_arm_name(self.run.config, self.arm), epoch)

    @property
    def title(self) -> str:
        """Name for badges and sentences: as `label`, but with the epoch at any snapshot."""
        return self._named(arm_name(self.run.config, self.arm), self._epoch)

    @property
    def name_in_table(self) -> str:
        """Name for the columns of a CSV file: as `title`, but with the arm's id in capitals for its name."""
        return self._named(self.arm.upper(), self._epoch)

    @property
    def name_in_address(self) -> str:
        """Name for an address: as `label`, but with the arm's id in capitals as its name, and a rounded epoch."""
        return self._named(self.arm.upper(), epoch_in_address(trained(self.run).epoch) if self.stays else "")

    @property
    def _epoch(self) -> str:
        if not isinstance(self.run, Run):
            return ""
        return epochs_text(self.run.epoch) if self.stays or (self.run.snapshot is not None and not self.of_run) else ""

    def _named(self, arm: str, epoch: str) -> str:
        name = f"{self.of_run}/{arm}" if self.of_run else arm
        return f"{name}, epoch {epoch}" if epoch else name

    @cached_property
    def colour(self) -> str:
        """The arm's colour."""
        return arm_styles(self.run.config)[self.arm].colour

    @property
    def key(self) -> str:
        """Key of the content that it shows.

        Raises:
            InputError: as `encoded`.
        """
        return self.encoded.key

    @property
    def encoded(self) -> LatentSpace:
        """The arm's means, with errors where it is an arm of a run.

        Raises:
            InputError: as `encoding`.
        """
        return self.encoding.arms[self.arm]

    @property
    def errors(self) -> Float32[np.ndarray, " n"] | None:
        """Squared error of each image's reconstruction; None of embeddings from elsewhere, which have no decoder."""
        return self.encoded.errors if isinstance(self.encoded, EncodedArm) else None

    @cached_property
    def encoding(self) -> LatentSpaces:
        """The run's encoding of its test split, or the vectors of embeddings from elsewhere.

        Raises:
            InputError: the run's folder holds no sound encoding.
        """
        encoding = cached.spaces(self.run)
        if encoding is None:
            raise InputError(f"run {self.run.name}: holds no readable encoding of its test split; evaluate it again")
        return encoding


def views_beside(run: Shown) -> tuple[dict[str, View], dict[str, str]]:
    """Views, this run's first; and by run the reason why it can't be shown beside it.

    Views are named by run, arm's id and epoch: an arm's bare id in capitals shows the run at whichever snapshot it is.
    """
    snapshots = _dated(run) if isinstance(run, Run) else []
    arms = list(run.config.arms)
    views = {arm.upper(): View(run, arm) for arm in arms}
    dated = (View(snapshot, arm, stays=True) for arm in arms for snapshot in snapshots)
    views |= {view.name_in_table: view for view in dated}
    misfits: dict[str, str] = {}
    for name, folder in cached.shown_folders().items():
        if folder == run.folder:
            continue
        try:
            other = read_shown(folder)
        except InputError:
            misfits[name] = "can't be read"
            continue
        if other.fingerprint != run.fingerprint:
            misfits[name] = _rows_in_words(other)
        elif isinstance(other, Run) and not (folder / encoding_name("test")).exists():
            misfits[name] = "holds no encoded test split"
        else:
            other = judged_alike(other) if isinstance(other, Run) else other
            of_run = (View(other, arm, of_run=name) for arm in other.config.arms)
            views |= {view.name_in_table: view for view in of_run}
    return views, misfits


def _dated(run: Run) -> list[Run]:
    """A run at each of its snapshots and at its end; empty where it keeps none."""
    snapshots = [run.at(step) for step in run.snapshots]
    return [*snapshots, run.at(None)] if snapshots and cached.encoding(run.at(None)) is not None else snapshots


def _rows_in_words(other: Shown) -> str:
    if isinstance(other, Run):
        return f"{other.provenance.test.n:,} other images ({other.config.data.name})"
    return f"{other.record.n:,} other rows"


def misfit_note(requested_view: str, views: dict[str, View], misfits: dict[str, str]) -> str:
    """Why the view in an address can't be shown beside this run, and which can."""
    name = requested_view.split("/", 1)[0][:80]
    reason = f"run {name}: {misfits[name]}" if name in misfits else f"nothing is called {requested_view[:80]!r}"
    return f"Two maps need the same images row by row; {reason}. These fit: {', '.join(views)}."
