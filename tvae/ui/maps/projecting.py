"""Layout of each side: stored, computed, or PCA meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Int

from tvae.maps.alignment import Alignment, align
from tvae.maps.fidelity import Fidelity
from tvae.maps.parameters import Parameters, PcaParameters, TsneParameters
from tvae.maps.pca import LinearMap, pca_maps
from tvae.maps.projection import Layout, ProjectionRequest, cache_key
from tvae.maps.projector import ProjectionCancelled, ProjectionFailed, Ticket
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui.maps.views import View
from tvae.ui.session import Layouts

QUICK_ROWS = 2_000
"""Up to this many, PCA and its measures take less time than asking another process for them."""

METHOD_NAMES = {"tsne": "t-SNE", "umap": "UMAP", "pca": "PCA"}


@dataclass(frozen=True, eq=False)
class Picture:
    """One side's map: its positions, and what is known of them."""

    positions: Float32[np.ndarray, "n 2"]
    linear: LinearMap | None
    """From latents to these positions and back, where the map is PCA."""
    told: str
    """Method and parameters, in a few words."""
    fidelity: Fidelity | None
    """None for the PCA that is shown meanwhile."""
    notes: tuple[str, ...] = ()
    ticket: Ticket | None = None
    """Of the layout that will take this one's place."""
    failed: str = ""
    """Why the layout asked for is not shown."""
    key: str = ""
    """Cache key of the layout asked for."""
    method: str = "pca"
    """pca, tsne or umap: what is shown."""


def request_for(view: View, other: View, parameters: Parameters, seed: int) -> ProjectionRequest:
    """The layout that shows `view` comparably with `other`: of all arms of their run, or of the two.

    Raises:
        InputError: too few rows for the method, or an encoding that can't be read.
    """
    encoding = cached.encoding(view.run)
    labels = None if encoding is None else encoding.labels
    if (view.run.folder, view.run.snapshot) == (other.run.folder, other.run.snapshot) and encoding is not None:
        return ProjectionRequest(means=encoding.means, parameters=parameters, seed=seed, labels=labels)
    both = {name_in(each, other_than): each.encoded.means for each, other_than in ((view, other), (other, view))}
    in_order = dict(sorted(both.items()))  # the same request, and so the same start, from either side
    return ProjectionRequest(means=in_order, parameters=parameters, seed=seed, labels=labels)


def name_in(view: View, other: View) -> str:
    """What the request of `view` beside `other` calls it."""
    run = "" if view.run.folder == other.run.folder else f"{view.run.name}/"
    return f"{run}{view.arm}" if view.run.snapshot == other.run.snapshot else f"{run}{view.arm} at {view.run.step}"


@dataclass(frozen=True, eq=False)
class Asked:
    """How far a layout is that was asked for."""

    layout: Layout | None = None
    ticket: Ticket | None = None
    """While it is computed."""
    failed: str = ""
    """Why there is none and will be none, as the end of a sentence."""


def asked_layout(run: Run, key: str, request: ProjectionRequest, kept: Layouts) -> Asked:
    """The layout of this cache key where it is stored or done; else it is asked for, once."""
    found = cached.layout_with_key(run, key)
    if found is not None:
        return Asked(found)
    try:
        ticket = kept.tickets.get(key)
        if ticket is None:
            ticket = kept.tickets[key] = cached.projector().submit(request)
        return Asked(ticket.result()) if ticket.over else Asked(ticket=ticket)
    except ProjectionCancelled:
        return Asked(failed="was cancelled")
    except ProjectionFailed as error:
        return Asked(failed=f"failed: {error}")


def picture(view: View, other: View, request: ProjectionRequest, kept: Layouts) -> Picture:
    """What to show of `view` now."""
    key, name = cache_key(request), name_in(view, other)
    group = (*request.means, view.key)
    if request.method == "pca" and len(view.encoded.means) <= QUICK_ROWS:
        asked = Asked(cached.layout_with_key(view.run, key) or cached.layout_at_once(request))
    else:
        asked = asked_layout(view.run, key, request, kept)
    found, failed = asked.layout, asked.failed
    if found is not None:
        kept.standing[group] = found
        return _of_layout(found, name, key)
    method = METHOD_NAMES[request.method]
    if failed and group in kept.standing:
        return _of_layout(kept.standing[group], name, key, f"{method} {failed}.")
    told = "PCA" if failed or request.method == "pca" else f"PCA, while {method} is computed"
    failed = f"{method} {failed}." if failed else ""
    return replace(quick_pca(view.encoded.means, told), ticket=asked.ticket, failed=failed, key=key)


def laid_over(left: Picture, right: Picture, rows: Int[np.ndarray, " m"] | None) -> Picture:
    """The right map turned, mirrored and scaled to lie like the left one, for all rows or for these."""
    chosen = rows if rows is not None and len(rows) else None
    return _aligned(right, align(left.positions, right.positions, chosen))


def passing_picture(view: View) -> Picture:
    """PCA, unmeasured: what a view is shown by while the epochs play."""
    return quick_pca(view.encoded.means, "PCA, while the epochs play")


def kept_still(view: View, shown: Picture) -> Picture:
    """The map of a snapshot turned and mirrored to lie like PCA of the arm as it ended; any other as it is.

    So the left map, which the right one is laid over, does not turn about from one epoch to the next.
    """
    trained = None if view.run.snapshot is None else cached.encoding(view.run.at(None))
    if trained is None:
        return shown
    return _aligned(shown, align(quick_pca(trained.arms[view.arm].means, "PCA").positions, shown.positions))


def _aligned(shown: Picture, alignment: Alignment) -> Picture:
    linear = None if shown.linear is None else shown.linear.aligned(alignment)
    return replace(shown, positions=alignment.apply(shown.positions).astype(np.float32), linear=linear)


def quick_pca(means: Float32[np.ndarray, "n d"], told: str) -> Picture:
    """PCA, unmeasured: what is shown while another map is computed."""
    linear = pca_maps({"": means})[""]
    return Picture(linear.positions(means).astype(np.float32), linear, told, None)


def parameters_told(parameters: Parameters) -> str:
    """Method and parameters in a few words."""
    if isinstance(parameters, PcaParameters):
        return "PCA"
    if isinstance(parameters, TsneParameters):
        return f"t-SNE, perplexity {parameters.perplexity:g}"
    return f"UMAP, {parameters.n_neighbors} neighbours"


def _of_layout(found: Layout, name: str, key: str, failed: str = "") -> Picture:
    return Picture(
        found.positions[name],
        found.maps.get(name),
        parameters_told(found.parameters),
        found.fidelity.get(name),
        notes=found.notes,
        failed=failed,
        key=key,
        method=found.method,
    )
