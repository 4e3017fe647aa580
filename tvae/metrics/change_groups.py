"""Clusters of rows whose neighbourhoods changed in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int, Int64

from tvae.errors import require, require_int
from tvae.metrics.grouped_means import checked_class_labels
from tvae.metrics.neighbour_changes import Changes

Kind = Literal["gained", "lost"]

MOST_CLUSTERED = 1_500
"""Rows of a class that are clustered at most, the most changed ones: time and memory grow with their square."""

CUT = 0.9
"""Average Jaccard distance at which two groups stay apart (Emblaze, Sivaraman et al. 2022, cuts at 0.7 to 0.9)."""

LEAST_MEMBERS = 5
"""Rows of a group; a smaller one may be chance."""

MOST_NAMED = 24
"""Characters of a class's name that a sentence shows at most."""

DIGIT_WORDS = ("zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines")


@dataclass(frozen=True, eq=False)
class Group:
    """Rows of one class that gained, or lost, mostly the same neighbours."""

    rows: Int64[np.ndarray, " m"]
    kind: Kind
    elsewhere: float
    """Share of the gained or lost neighbours that are of another class, each counted once a row, in [0, 1]."""
    sentence: str
    """What happened, in plain text (a class's name is another person's text: escape it for a page)."""


def groups(
    changes: Changes,
    labels: Int[np.ndarray, " n"],
    class_names: Sequence[str],
    cut: float = CUT,
    least_members: int = LEAST_MEMBERS,
) -> list[Group]:
    """Groups of rows that lost the same neighbours, and groups that gained the same.

    Average-linkage clustering on the Jaccard distance between the sets of lost, and of gained, neighbours, cut at
    `cut`, in each class separately: among all classes at once the most changed rows are too scattered to form groups.
    Rows that changed less than the average row are left out. Groups whose neighbours were mostly of another class come
    first, then those among their own class, the larger before the smaller.

    Args:
        labels: class of each row, from 0 to len(class_names) - 1.
        cut: Jaccard distance at which the clustering is cut, between 0 and 1.

    Raises:
        InputError: labels do not match the rows or the names, the cut is not in (0, 1), or `least_members` is under 2.
    """
    labels = checked_class_labels(labels, len(changes.change), len(class_names))
    require_int("least_members", least_members, 2)
    require(0 < cut < 1, "cut", cut, "a number between 0 and 1 (0.7 to 0.9 is usual)")
    result: list[Group] = []
    sides: tuple[tuple[Kind, np.ndarray, np.ndarray], ...] = (
        ("lost", changes.left, changes.lost),
        ("gained", changes.right, changes.gained),
    )
    by_change = changes.most_changed(len(labels))
    by_change = by_change[changes.change[by_change] >= changes.change.mean(dtype=np.float64)]
    for c in range(len(class_names)):
        own = by_change[labels[by_change] == c][:MOST_CLUSTERED]
        for kind, neighbours, marked in sides:
            rows = np.sort(own[marked[own].any(axis=1)])
            for members in _clusters(rows, neighbours, marked, cut):
                if len(members) >= least_members:
                    classes = labels[neighbours[members][marked[members]]]
                    sentence = _sentence(kind, len(members), c, classes, class_names)
                    result.append(Group(members, kind, float((classes != c).mean()), sentence))
    return sorted(result, key=lambda group: (group.elsewhere <= 0.5, -len(group.rows), group.kind, int(group.rows[0])))


def _clusters(
    rows: Int64[np.ndarray, " m"], neighbours: Int[np.ndarray, "n k"], marked: Bool[np.ndarray, "n k"], cut: float
) -> list[Int64[np.ndarray, " _"]]:
    """The rows in clusters of similar sets of marked neighbours."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(rows) < 2:
        return []
    tree = linkage(squareform(jaccard_distances(rows, neighbours, marked), checks=False), method="average")
    cluster = fcluster(tree, t=cut, criterion="distance")
    return [rows[cluster == c] for c in np.unique(cluster)]


def jaccard_distances(
    rows: Int[np.ndarray, " m"], neighbours: Int[np.ndarray, "n k"], marked: Bool[np.ndarray, "n k"]
) -> Float64[np.ndarray, "m m"]:
    """One minus the Jaccard overlap of every two rows' sets of marked neighbours; no set may be empty."""
    from scipy.sparse import csr_array

    sizes = marked[rows].sum(axis=1)
    begin = np.concatenate([[0], np.cumsum(sizes)])
    members = neighbours[rows][marked[rows]]
    shape = len(rows), int(neighbours.max()) + 1
    sets = csr_array((np.ones(len(members), np.float64), members, begin), shape=shape)
    shared = (sets @ sets.T).toarray()
    return 1 - shared / (sizes[:, None] + sizes[None, :] - shared)


def _sentence(
    kind: Kind, count: int, c: int, neighbour_classes: Int[np.ndarray, " _"], class_names: Sequence[str]
) -> str:
    """A sentence such as "8 fours leave the nines", for `count` rows of class c.

    It names the neighbours' most frequent class alone if that makes up three quarters, else the two most frequent.
    """
    counts = np.bincount(neighbour_classes, minlength=len(class_names))
    order = np.argsort(-counts, kind="stable")
    named = order[:1] if counts[order[0]] >= 0.75 * len(neighbour_classes) else order[:2]
    whom = " and ".join(f"{'other' if d == c else 'the'} {_plural(int(d), class_names)}" for d in named)
    return f"{count} {_plural(c, class_names)} {'leave' if kind == 'lost' else 'join'} {whom}"


def _plural(c: int, class_names: Sequence[str]) -> str:
    """Images of a class in words: digits as "fours", others as "shirt images", as no rule makes every plural."""
    name = " ".join(str(class_names[c]).split())
    if len(name) == 1 and name in "0123456789":
        return DIGIT_WORDS[int(name)]
    return f"{name if len(name) <= MOST_NAMED else name[: MOST_NAMED - 1] + '…'} images"
