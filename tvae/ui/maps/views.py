"""View: one arm of one run, as a map can show it."""

from __future__ import annotations

from dataclasses import dataclass

from tvae.errors import InputError
from tvae.figures.colours import arm_colours
from tvae.model.encoding import EncodedArm, Encoding
from tvae.runs.run import Run, encoding_name, epochs_text, read_run
from tvae.ui import cached
from tvae.ui.address.epochs import epoch_in_address
from tvae.ui.judging import judged_alike


@dataclass(frozen=True)
class View:
    """One arm of one run, as it ended or as it was at a snapshot."""

    run: Run
    arm: str
    title: str
    """On badges and in sentences: the arm, with its epoch at a snapshot, with its run where that is another."""
    name_in_address: str
    """What an address calls it: the arm, with its epoch in three figures or its run where one of them is named."""

    @property
    def colour(self) -> str:
        """The arm's colour."""
        return arm_colours(list(self.run.config.arms))[self.arm]

    @property
    def key(self) -> str:
        """Key of the content that it shows.

        Raises:
            InputError: as `encoded`.
        """
        return self.encoded.key

    @property
    def encoded(self) -> EncodedArm:
        """The arm's means and errors.

        Raises:
            InputError: as `encoding`.
        """
        return self.encoding.arms[self.arm]

    @property
    def encoding(self) -> Encoding:
        """The run's encoding of its test split.

        Raises:
            InputError: the run's folder holds no sound encoding.
        """
        encoding = cached.encoding(self.run)
        if encoding is None:
            raise InputError(f"run {self.run.name}: holds no readable encoding of its test split; evaluate it again")
        return encoding


def views_beside(run: Run) -> tuple[dict[str, View], dict[str, str]]:
    """Views by their name in the controls, this run's first; and by run the reason why it can't be shown beside it.

    An arm's bare name shows the run at whichever snapshot it is; a name with an epoch stays at that epoch.
    """
    snapshots = [run.at(step) for step in run.snapshots]
    if snapshots and cached.encoding(run.at(None)) is not None:
        snapshots.append(run.at(None))
    views = {
        arm.upper(): View(run, arm, arm.upper() if run.snapshot is None else _dated(run, arm), arm.upper())
        for arm in _arms(run)
    }
    views |= {
        _dated(snapshot, arm): View(
            snapshot, arm, _dated(snapshot, arm), f"{arm.upper()}, epoch {epoch_in_address(snapshot.epoch)}"
        )
        for arm in _arms(run)
        for snapshot in snapshots
    }
    misfits: dict[str, str] = {}
    for name, folder in cached.run_folders().items():
        if folder.resolve() == run.folder.resolve():
            continue
        try:
            other = read_run(folder)
        except InputError:
            misfits[name] = "can't be read"
            continue
        if other.provenance.test.fingerprint != run.provenance.test.fingerprint:
            misfits[name] = f"{other.provenance.test.n:,} other images ({other.config.data.name})"
        elif not (folder / encoding_name("test")).exists():
            misfits[name] = "holds no encoded test split"
        else:
            other, titles = judged_alike(other), {arm: f"{name}/{arm.upper()}" for arm in other.config.arms}
            views |= {title: View(other, arm, title, title) for arm, title in titles.items()}
    return views, misfits


def _arms(run: Run) -> list[str]:
    return list(run.config.arms)


def _dated(run: Run, arm: str) -> str:
    return f"{arm.upper()}, epoch {epochs_text(run.epoch)}"


def misfit_note(requested_view: str, views: dict[str, View], misfits: dict[str, str]) -> str:
    """Why the view in an address can't be shown beside this run, and which can."""
    name = requested_view.split("/", 1)[0][:80]
    reason = f"run {name}: {misfits[name]}" if name in misfits else f"nothing is called {requested_view[:80]!r}"
    return f"Two maps need the same images row by row; {reason}. These fit: {', '.join(views)}."
