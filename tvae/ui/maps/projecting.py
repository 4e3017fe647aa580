"""Map of each side of the page: a stored layout, a computed one, or PCA until it is computed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Int

from tvae.maps.alignment import Alignment, align
from tvae.maps.fidelity import Fidelity
from tvae.maps.parameters import METHOD_NAMES, Parameters, TsneParameters, UmapParameters, parameters_told
from tvae.maps.pca import LinearMap, pca_maps
from tvae.maps.projection import Layout, ProjectionRequest, cache_key
from tvae.maps.projector import ProjectionCancelled, ProjectionFailed, Ticket
from tvae.runs.embeddings.shown import Shown
from tvae.runs.run import Run
from tvae.system.array_files import content_key
from tvae.ui import cached
from tvae.ui.maps.views import View
from tvae.ui.session import Layouts
from tvae.ui.style.reasons import reason_of

QUICK_ROWS = 2_000
"""Rows up to which PCA and its measures take less time than a request to another process."""


@dataclass(frozen=True, eq=False)
class Picture:
    """The map that one side of the page shows: its positions, method, parameters and accuracy."""

    positions: Float32[np.ndarray, "n 2"]
    linear: LinearMap | None
    """Map from latents to these positions and back, where the map is PCA."""
    told: str
    """Method and parameters, in a few words."""
    fidelity: Fidelity | None
    """Accuracy of the map; None for PCA that stands in for another layout."""
    notes: tuple[str, ...] = ()
    ticket: Ticket | None = None
    """Ticket of the layout that is being computed and will replace this one."""
    failed: str = ""
    """Why the requested layout is not shown."""
    key: str = ""
    """Cache key of the requested layout."""
    method: str = "pca"
    """Method of the map that is shown: pca, tsne or umap."""


def request_for(
    view: View, other: View, parameters: Parameters, seed: int, rows: Int[np.ndarray, " m"] | None = None
) -> ProjectionRequest:
    """The layout that shows `view` comparably with `other`: of all arms of their run, or of the two.

    With the run's own labels, so that the same layout is found whatever notion the page judges by.

    Args:
        rows: those that alone are projected, in both arms; parameters that are too large for so few are lowered.

    Raises:
        InputError: too few rows for the method, or an encoding that can't be read.
    """
    encoding = cached.spaces(view.run.as_trained)
    labels = None if encoding is None else encoding.labels
    if rows is not None:
        parameters, labels = fitted_to(parameters, len(rows)), None if labels is None else labels[rows]
    elif (view.run.folder, view.run.snapshot) == (other.run.folder, other.run.snapshot) and encoding is not None:
        return ProjectionRequest(means=encoding.means, parameters=parameters, seed=seed, labels=labels)
    means = {name_in(side, opposite): side.encoded.means for side, opposite in ((view, other), (other, view))}
    if rows is not None:
        means = {name: codes[rows] for name, codes in means.items()}
    in_order = dict(sorted(means.items()))  # the same request, and so the same start, from either side
    return ProjectionRequest(means=in_order, parameters=parameters, seed=seed, labels=labels)


def fitted_to(parameters: Parameters, n: int) -> Parameters:
    """The parameters with no more neighbours than so few rows have: a perplexity of a third of them, at most."""
    if isinstance(parameters, TsneParameters):
        return replace(parameters, perplexity=min(parameters.perplexity, max(1.0, (n - 1) // 3)))
    if isinstance(parameters, UmapParameters):
        return replace(parameters, n_neighbors=min(parameters.n_neighbors, n - 1))
    return parameters


def name_in(view: View, other: View) -> str:
    """Name of `view` in the request that shows it beside `other`."""
    run = "" if view.run.folder == other.run.folder else f"{view.run.name}/"
    if isinstance(view.run, Run) and view.run.snapshot != other.run.snapshot:
        return f"{run}{view.arm} at {view.run.step}"
    return f"{run}{view.arm}"


@dataclass(frozen=True, eq=False)
class Asked:
    """State of a requested layout: done, being computed, or failed."""

    layout: Layout | None = None
    ticket: Ticket | None = None
    """Ticket while the layout is computed."""
    failed: str = ""
    """Why there will be no layout, as the end of a sentence."""


def asked_layout(run: Shown, key: str, request: ProjectionRequest, kept: Layouts) -> Asked:
    """The layout with this cache key where it is stored or done; else it is requested, once."""
    stored = cached.layout_with_key(run, key)
    if stored is not None:
        return Asked(stored)
    try:
        ticket = kept.tickets.get(key)
        if ticket is None or ticket.given_up:
            ticket = kept.tickets[key] = cached.projector().submit(request)
        return Asked(ticket.result()) if ticket.over else Asked(ticket=ticket)
    except ProjectionCancelled:
        return Asked(failed="was cancelled")
    except ProjectionFailed as error:
        return Asked(failed=f"failed: {reason_of(error)}")


def picture(view: View, other: View, request: ProjectionRequest, kept: Layouts) -> Picture:
    """The map of `view` to show now: the requested layout, the one before it, or PCA."""
    key, name = cache_key(request), name_in(view, other)
    means = request.means[name]
    group = (*request.means, content_key(means))
    if request.method == "pca" and len(means) <= QUICK_ROWS:
        request_state = Asked(cached.layout_with_key(view.run, key) or cached.layout_at_once(request))
    else:
        request_state = asked_layout(view.run, key, request, kept)
    layout, failed = request_state.layout, request_state.failed
    if layout is not None:
        kept.standing[group] = layout
        return _of_layout(layout, name, key)
    method = METHOD_NAMES[request.method]
    if failed and group in kept.standing:
        return _of_layout(kept.standing[group], name, key, f"{method} {failed}.")
    caption = "PCA" if failed or request.method == "pca" else f"PCA, while {method} is computed"
    failed = f"{method} {failed}." if failed else ""
    return replace(quick_pca(means, caption), ticket=request_state.ticket, failed=failed, key=key)


def laid_over(left: Picture, right: Picture, rows: Int[np.ndarray, " m"] | None) -> Picture:
    """The right map turned, mirrored and scaled to fit the left one best, over all rows or over these."""
    aligned_rows = rows if rows is not None and len(rows) else None
    return _aligned(right, align(left.positions, right.positions, aligned_rows))


def passing_picture(view: View, rows: Int[np.ndarray, " m"] | None = None) -> Picture:
    """PCA without measures, of all rows or of these: the map of a view while the epochs play."""
    means = view.encoded.means if rows is None else view.encoded.means[rows]
    return quick_pca(means, "PCA, while the epochs play")


def spread(side_map: Picture, rows: Int[np.ndarray, " m"] | None, n: int) -> Picture:
    """The map of these rows alone as one of all n rows: the others have no position (NaN)."""
    if rows is None:
        return side_map
    positions = np.full((n, 2), np.nan, np.float32)
    positions[rows] = side_map.positions
    return replace(side_map, positions=positions)


def kept_still(view: View, side_map: Picture) -> Picture:
    """The map of a snapshot turned and mirrored to fit PCA of the arm as it ended; any other map as it is.

    So the left map, which the right one is laid over, does not turn about from one epoch to the next.
    """
    if not isinstance(view.run, Run) or view.run.snapshot is None:
        return side_map
    trained = cached.encoding(view.run.at(None))
    if trained is None:
        return side_map
    final_pca = quick_pca(trained.arms[view.arm].means, "PCA")
    return _aligned(side_map, align(final_pca.positions, side_map.positions))


def _aligned(side_map: Picture, alignment: Alignment) -> Picture:
    linear = None if side_map.linear is None else side_map.linear.aligned(alignment)
    return replace(side_map, positions=alignment.apply(side_map.positions).astype(np.float32), linear=linear)


def quick_pca(means: Float32[np.ndarray, "n d"], caption: str) -> Picture:
    """PCA without measures, which takes milliseconds; `caption` says what it is."""
    linear = pca_maps({"": means})[""]
    return Picture(linear.positions(means).astype(np.float32), linear, caption, None)


def _of_layout(layout: Layout, name: str, key: str, failed: str = "") -> Picture:
    return Picture(
        layout.positions[name],
        layout.maps.get(name),
        parameters_told(layout.parameters),
        layout.fidelity.get(name),
        notes=layout.notes,
        failed=failed,
        key=key,
        method=layout.method,
    )
