"""Clusters of rows whose neighbourhoods changed in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int, Int64

from tvae.errors import InputError
from tvae.metrics.grouped_means import checked_class_labels
from tvae.metrics.neighbour_changes import Changes

Kind = Literal["gained", "lost"]

MOST_CLUSTERED = 1_500
"""Rows of a class that are clustered at most, the most changed ones: time and memory grow with their square."""

CUT = 0.9
"""Average Jaccard distance at which two groups stay apart (Emblaze, Sivaraman et al. 2022, cuts at 0.7 to 0.9)."""

LEAST_MEMBERS = 5
"""A smaller group is chance."""

MOST_NAMED = 24
"""Characters of a class's name that a sentence shows."""

DIGIT_WORDS = ("zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines")


@dataclass(frozen=True, eq=False)
class Group:
    """Rows of one class that gained, or lost, much the same neighbours."""

    rows: Int64[np.ndarray, " m"]
    kind: Kind
    elsewhere: float
    """Share of the gained or lost neighbours that are of another class, each counted once a row, in [0, 1]."""
    sentence: str
    """What happened, in plain text (a class's name is another person's text: escape it for a page)."""


def groups(
    found: Changes,
    labels: Int[np.ndarray, " n"],
    class_names: Sequence[str],
    cut: float = CUT,
    least_members: int = LEAST_MEMBERS,
) -> list[Group]:
    """Rows that lost the same neighbours and rows that gained the same.

    Average-linkage clustering on the Jaccard distance between the sets of lost, and of gained, neighbours, cut at
    `cut`, in each class by itself: among rows of all classes at once the most changed are too scattered to meet. Rows
    that changed less than the average row are left out. First come the groups whose company was mostly of another
    class, then those among their own, the larger before the smaller.

    Raises:
        InputError: labels do not match the rows or the names, the cut is not in (0, 1), or `least_members` is under 2.
    """
    labels = checked_class_labels(labels, len(found.change), len(class_names))
    if least_members < 2:
        raise InputError(f"groups: least_members is {least_members}; a group has at least 2")
    if not 0 < cut < 1:
        raise InputError(f"groups: cut is {cut}; it must lie between 0 and 1 (0.7 to 0.9 is usual)")
    told: list[Group] = []
    sides: tuple[tuple[Kind, np.ndarray, np.ndarray], ...] = (
        ("lost", found.left, found.lost),
        ("gained", found.right, found.gained),
    )
    by_change = found.most_changed(len(labels))
    by_change = by_change[found.change[by_change] >= found.change.mean(dtype=np.float64)]
    for c in range(len(class_names)):
        own = by_change[labels[by_change] == c][:MOST_CLUSTERED]
        for kind, near, marked in sides:
            rows = np.sort(own[marked[own].any(axis=1)])
            for members in _clusters(rows, near, marked, cut):
                if len(members) >= least_members:
                    company = labels[near[members][marked[members]]]
                    sentence = _sentence(kind, len(members), c, company, class_names)
                    told.append(Group(members, kind, float((company != c).mean()), sentence))
    return sorted(told, key=lambda group: (group.elsewhere <= 0.5, -len(group.rows), group.kind, int(group.rows[0])))


def _clusters(
    rows: Int64[np.ndarray, " m"], near: Int[np.ndarray, "n k"], marked: Bool[np.ndarray, "n k"], cut: float
) -> list[Int64[np.ndarray, " _"]]:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(rows) < 2:
        return []
    tree = linkage(squareform(jaccard_distances(rows, near, marked), checks=False), method="average")
    cluster = fcluster(tree, t=cut, criterion="distance")
    return [rows[cluster == c] for c in np.unique(cluster)]


def jaccard_distances(
    rows: Int[np.ndarray, " m"], near: Int[np.ndarray, "n k"], marked: Bool[np.ndarray, "n k"]
) -> Float64[np.ndarray, "m m"]:
    """One minus the Jaccard overlap of every two rows' sets of marked neighbours; each set has a member."""
    from scipy.sparse import csr_array

    sizes = marked[rows].sum(axis=1)
    begin = np.concatenate([[0], np.cumsum(sizes)])
    members = near[rows][marked[rows]]
    has = csr_array((np.ones(len(members), np.float64), members, begin), shape=(len(rows), int(near.max()) + 1))
    shared = (has @ has.T).toarray()
    return 1 - shared / (sizes[:, None] + sizes[None, :] - shared)


def _sentence(kind: Kind, count: int, c: int, company: Int[np.ndarray, " _"], class_names: Sequence[str]) -> str:
    """The company is told by its commonest class alone if that makes up three quarters, else by its two commonest."""
    counts = np.bincount(company, minlength=len(class_names))
    order = np.argsort(-counts, kind="stable")
    told = order[:1] if counts[order[0]] >= 0.75 * len(company) else order[:2]
    whom = " and ".join(f"{'other' if t == c else 'the'} {_named(int(t), class_names)}" for t in told)
    return f"{count} {_named(c, class_names)} {'leave' if kind == 'lost' else 'join'} {whom}"


def _named(c: int, class_names: Sequence[str]) -> str:
    """Several of a class: digits as words, other classes as images, because no rule makes every name's plural."""
    name = " ".join(str(class_names[c]).split())
    if len(name) == 1 and name in "0123456789":
        return DIGIT_WORDS[int(name)]
    return f"{name if len(name) <= MOST_NAMED else name[: MOST_NAMED - 1] + '…'} images"
