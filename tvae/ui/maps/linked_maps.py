"""The linked maps, the images that are picked on them, and their captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from jaxtyping import Float, Int

from tvae.linked_map.contents import Filtering, MapSide
from tvae.linked_map.payload import Blob, neighbours_that_fit
from tvae.maps.alignment import mean_motion
from tvae.maps.fidelity import Fidelity
from tvae.maps.projection import SEED_MOTION
from tvae.metrics.anchor_sample import EXACT_TO
from tvae.metrics.neighbours import Neighbours, searched_rows
from tvae.runs.embeddings.shown import Shown
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.components.latent_map import is_drawn, latent_map, picked_on_map
from tvae.ui.maps.controls import MapChoices
from tvae.ui.maps.projecting import Picture
from tvae.ui.maps.selection import Images
from tvae.ui.maps.view_pair import COLOURINGS, ViewPair, colour_by
from tvae.ui.maps.views import View
from tvae.ui.session import keys
from tvae.ui.style.captions import files_in_words, notions_in_words, rows_noun, titled
from tvae.ui.style.escaping import as_text

WITHOUT_NEIGHBOURS = ("class", "error")
"""Colourings that need no neighbours and no triplets."""


def draw_maps(
    pair: ViewPair,
    pictures: Sequence[Picture],
    picks: state.Picks,
    colouring: tuple[str, float],
    images: Images | None,
    neighbours: tuple[Neighbours, Neighbours] | None,
    filtering: Filtering,
    further: Sequence[View] = (),
    only: Int[np.ndarray, " m"] | None = None,
) -> None:
    """Draw the maps: one alone where left and right are the same and there are no further ones.

    Args:
        pictures: of the left, of the right and of the further views.
        only: the rows that the maps are of; all others have no position.
    """
    views = [view for view, _ in shown_sides(pair, pictures, further)]
    sides = [
        MapSide(
            title=view.title,
            short_title=view.label,
            colour=view.colour,
            positions=side_map.positions if only is None else _placed(side_map.positions, only),
            caption=side_map.told,
        )
        for view, side_map in shown_sides(pair, pictures, further)
    ]
    latent_map(
        *sides,
        labels=pair.labels,
        class_names=pair.class_names,
        sprites=None if images is None else _thumbnails(pair.left.run),
        neighbours=None
        if neighbours is None
        else cached.neighbour_lines(pair.left.encoded, pair.right.encoded, pair.k),
        nearest=None if neighbours is None else (neighbours[0].first(pair.k).rows, neighbours[1].first(pair.k).rows),
        colour_by=colour_by(colouring[0], pair, colouring[1], views[2:]),
        selection=picks.rows,
        focus=picks.focus,
        facts=map_facts(pair, pictures),
        filtering=filtering,
        only=only,
        decode=any(isinstance(view.run, Run) for view in (pair.left, pair.right)),
        code_loaded=True,
        ask_when_drawn=True,
        key=map_key(pair),
    )


def _thumbnails(run: Shown) -> Blob | None:
    """The sprite sheet of the rows' images, None where there are none."""
    if isinstance(run, Run):
        return cached.thumbnails(cached.split(run.config.data.name, "test"))
    images = cached.given_images(run)
    return None if images is None else cached.thumbnails(images)


def _placed(positions: Float[np.ndarray, "n 2"], only: Int[np.ndarray, " m"]) -> Float[np.ndarray, "n 2"]:
    """The positions, with hidden rows in the middle of the shown ones: every row needs a position."""
    return np.where(np.isfinite(positions), positions, positions[only].mean(axis=0))


def shown_sides(
    pair: ViewPair, pictures: Sequence[Picture], further: Sequence[View] = ()
) -> list[tuple[View, Picture]]:
    """The maps that are drawn: all, or one where the right one would be the left one again."""
    sides = list(zip((pair.left, pair.right, *further), pictures, strict=True))
    return sides[:1] if not further and pair.left == pair.right and pictures[0].key == pictures[1].key else sides


def map_facts(pair: ViewPair, pictures: Sequence[Picture]) -> dict[str, str]:
    """Text fields of a PNG of the maps; where they show two runs or epochs, of each, the left one first."""
    left, right = (
        titled(f"{view.title}, {side_map.told}", view.run, view.encoding)
        for view, side_map in zip((pair.left, pair.right), pictures, strict=False)
    )
    both = {name: dict.fromkeys(side[name] for side in (left, right) if name in side) for name in {**left, **right}}
    return {name: " | ".join(texts) for name, texts in both.items()}


def take_gesture(pair: ViewPair, picks: state.Picks) -> None:
    """Store the images picked on the maps in the session."""
    picked = picked_on_map(map_key(pair), len(pair.labels), picks.rows, picks.focus)
    if not np.array_equal(picked.selection, picks.rows):
        picks.replace(picked.selection)
    picks.focus = picked.focus


def map_key(pair: ViewPair) -> str:
    """Key of the maps of these images, so that they keep zoom and selection."""
    return keys.latent_map(pair.left.run.fingerprint)


def show_captions(
    pair: ViewPair,
    pictures: Sequence[Picture],
    colouring: str,
    further: Sequence[View] = (),
    only: Int[np.ndarray, " m"] | None = None,
) -> None:
    """Shows the captions: how the maps were made, how accurate they are, and what they can't show.

    Args:
        pictures: of the rows in `only` alone, where there are such.
    """
    sides = shown_sides(pair, pictures, further)
    labels = pair.labels if only is None else pair.labels[only]
    columns = st.columns(2)
    for number, (view, side_map) in enumerate(sides):
        column = columns[number % 2]
        fidelity = side_map.fidelity
        if fidelity is None:
            column.caption(f"**{as_text(view.title)}**, {side_map.told}: not measured")
            continue
        share = _accuracy_on_map(pair, view, side_map, fidelity, labels)
        accuracy = "" if share is None else f", 2-D {fidelity.k}-NN accuracy {100 * share:.2f} %"
        column.caption(
            f"**{as_text(view.title)}**, {side_map.told}: trustworthiness {fidelity.trustworthiness_text}{accuracy}"
        )
    run = pair.left.run
    colour = as_text(run.notion) if colouring == "class" else COLOURINGS[colouring]
    fit = neighbours_that_fit(len(pair.labels))
    measured = _measured_in_words(sides, len(labels))
    of_all = "" if only is None else f" of {len(pair.labels):,}"
    lines = "lines lead to true neighbours"
    if pair.k > fit:
        lines += f", to {fit} from a point that is pointed at and to all {pair.k} from the one clicked"
    st.caption(
        f"{_points_in_words(run)}, n = {len(labels):,}{of_all}, coloured by {colour}; "
        f"{_origin_in_words([view.run for view, _ in sides])}. "
        + _turned(pictures[: len(sides)])
        + f"{measured}Distances between clusters and their sizes mean nothing on such a map; {lines}."
        + _searched_in_words(len(pair.labels))
    )
    for note in dict.fromkeys(note for side_map in pictures for note in side_map.notes):
        st.caption(note)


def _points_in_words(run: Shown) -> str:
    """What the points are, as Markdown."""
    if isinstance(run, Run):
        return f"Each point is an image of the {as_text(run.config.data.name)} test split"
    return f"Each point is {rows_noun(run).a} of {as_text(run.name)}"


def _origin_in_words(shown: Sequence[Shown]) -> str:
    """Where the models of the maps come from: seed and checkpoints of runs, files of embeddings; as Markdown."""
    runs = [run for run in shown if isinstance(run, Run)]
    given = [run for run in shown if not isinstance(run, Run)]
    words = []
    if runs:
        names, notions = (
            " and ".join(dict.fromkeys(filter(None, texts)))
            for texts in ((run.name for run in runs), map(notions_in_words, runs))
        )
        seed = runs[0].config.train.seed
        words.append(f"training seed {seed}, checkpoint {as_text(names)}{', ' if notions else ''}{as_text(notions)}")
    words += [as_text(text) for text in dict.fromkeys(map(files_in_words, given))]
    return "; ".join(words)


def _measured_in_words(sides: Sequence[tuple[View, Picture]], n: int) -> str:
    """Sentence on the sample that the maps were measured on; empty where that was all."""
    rows = min((side_map.fidelity.rows for _, side_map in sides if side_map.fidelity is not None), default=n)
    return f"Trustworthiness and accuracy are of {rows:,} of them, drawn at random (seed 0). " if rows < n else ""


def _searched_in_words(n: int) -> str:
    """Sentence on the sample that neighbours are looked for among; empty where that is all."""
    searched = searched_rows(n)
    if searched is None:
        return ""
    return (
        f" Beyond {EXACT_TO:,} images, neighbours are looked for among {len(searched):,} drawn at random (seed 0), as "
        "the time for all would grow with the square of their number."
    )


def _turned(pictures: Sequence[Picture]) -> str:
    """Sentence on the alignment of the maps to the left one, and on the distance between two of them."""
    if len(pictures) == 2:
        return f"The right map is turned and scaled to lie like the left. {motion_caption((pictures[0], pictures[1]))}"
    return "The other maps are turned and scaled to lie like the first. " if len(pictures) > 2 else ""


def _accuracy_on_map(
    pair: ViewPair, view: View, side_map: Picture, fidelity: Fidelity, labels: Int[np.ndarray, " m"]
) -> float | None:
    """The map's k-NN accuracy by the page's labels; that of its layout is by the own labels of the view's run."""
    own = cached.spaces(view.run.as_trained)
    if fidelity.knn_accuracy is None or own is None or np.array_equal(own.labels, pair.labels):
        return fidelity.knn_accuracy
    return cached.map_accuracy(side_map.positions, labels, fidelity.k)


def motion_caption(pictures: tuple[Picture, Picture]) -> str:
    """Caption on how far points move from the left map to the right one, and on how much of that is chance.

    Empty where the maps are PCA, which has no seed, or of two methods.
    """
    left, right = pictures
    if left.method != right.method or left.method not in SEED_MOTION:
        return ""
    motion, floor = mean_motion(left.positions, right.positions), SEED_MOTION[left.method]
    return (
        f"Played from left to right, points move {motion:.2f} of the map's radius on average; two layouts of one arm "
        f"that differ in their seed alone are {floor:.2f} apart (MNIST), so as little motion as that means nothing. "
    )


@dataclass(frozen=True, kw_only=True)
class DrawingTurn:
    """The parts of the page that one script run draws.

    The maps come before neighbours and images, which take seconds on a fresh server, and before the charts, which keep
    a browser busy.
    """

    playing: bool
    """The epochs play: maps alone, without neighbours."""
    maps_first: bool
    """This run draws the maps without images and neighbours; the next has them."""
    drawn: bool
    """Whether the browser has drawn the maps; it asks for another run when it has."""

    @property
    def has_neighbours(self) -> bool:
        """Whether the maps have lines to neighbours, and filters by them."""
        return not (self.playing or self.maps_first)

    @property
    def ends_with_maps(self) -> bool:
        """Whether nothing is drawn but the maps."""
        return self.playing or not self.drawn


def drawing_turn(chosen: MapChoices, playing: bool) -> DrawingTurn:
    """The parts that this script run draws."""
    drawn = is_drawn(map_key(chosen.pair))
    new = not playing and (not drawn or state.first_time(chosen.pair.key))
    return DrawingTurn(playing=playing, maps_first=new and chosen.colouring in WITHOUT_NEIGHBOURS, drawn=drawn)
