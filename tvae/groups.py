"""Groups of rows that left, or joined, the same company, each told in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int, Int64

from tvae.changes import Changes
from tvae.config import InputError
from tvae.selection import checked_labels

Kind = Literal["gained", "lost"]

MOST_CLUSTERED = 1_500
"""Rows that are clustered at most, the most changed ones: time and memory grow with their square."""

CUT = 0.8
"""Average Jaccard distance at which two groups stay apart (Emblaze, Sivaraman et al. 2022, cuts at 0.7 to 0.9)."""

LEAST_MEMBERS = 5
"""A smaller group is chance."""

MOST_NAMED = 24
"""Characters of a class's name that a sentence shows."""

DIGIT_WORDS = ("zeros", "ones", "twos", "threes", "fours", "fives", "sixes", "sevens", "eights", "nines")


@dataclass(frozen=True, eq=False)
class Group:
    """Rows that gained, or lost, much the same neighbours."""

    rows: Int64[np.ndarray, " m"]
    kind: Kind
    sentence: str
    """What happened, in plain text (a class's name is another person's text: escape it for a page)."""


def groups(
    found: Changes,
    labels: Int[np.ndarray, " n"],
    class_names: Sequence[str],
    cut: float = CUT,
    least_members: int = LEAST_MEMBERS,
) -> list[Group]:
    """Rows that lost the same neighbours and rows that gained the same, the largest groups first.

    Average-linkage clustering on the Jaccard distance between the sets of lost, and of gained, neighbours, cut at
    `cut`; only the `MOST_CLUSTERED` most changed rows take part.

    Raises:
        InputError: labels do not match the rows or the names, the cut is not in (0, 1), or `least_members` is under 2.
    """
    labels = checked_labels(labels, len(found.change), len(class_names))
    if least_members < 2:
        raise InputError(f"groups: least_members is {least_members}; a group has at least 2")
    if not 0 < cut < 1:
        raise InputError(f"groups: cut is {cut}; it must lie between 0 and 1 (0.7 to 0.9 is usual)")
    candidates = np.sort(found.most_changed(MOST_CLUSTERED))
    told: list[Group] = []
    sides: tuple[tuple[Kind, np.ndarray, np.ndarray], ...] = (
        ("lost", found.left, found.lost),
        ("gained", found.right, found.gained),
    )
    for kind, near, marked in sides:
        rows = candidates[marked[candidates].any(axis=1)]
        for members in _clusters(rows, near, marked, cut):
            if len(members) >= least_members:
                company = near[members][marked[members]]
                sentence = _sentence(kind, labels[members], labels[company], class_names)
                told.append(Group(members, kind, sentence))
    return sorted(told, key=lambda group: (-len(group.rows), group.kind, int(group.rows[0])))


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


def _sentence(
    kind: Kind, members: Int[np.ndarray, " m"], company: Int[np.ndarray, " _"], class_names: Sequence[str]
) -> str:
    who = _mix(members, class_names)
    whom = _mix(company, class_names)
    verb = "leave" if kind == "lost" else "join"
    if len(who) == 1:
        subject = f"{len(members)} {_named(who[0], class_names)}"
        whom_words = f"other {_named(whom[0], class_names)}" if whom == who else _company(whom, class_names)
    else:
        subject = f"{len(members)} images, mostly {_company(who, class_names, article='')},"
        whom_words = _company(whom, class_names)
    return f"{subject} {verb} {whom_words}"


def _mix(labels: Int[np.ndarray, " m"], class_names: Sequence[str]) -> list[int]:
    """The classes that make it up: the commonest alone if it has three quarters, else it and the next."""
    counts = np.bincount(labels, minlength=len(class_names))
    order = np.argsort(-counts, kind="stable")
    if counts[order[0]] >= 0.75 * len(labels):
        return [int(order[0])]
    return [int(order[0]), int(order[1])]


def _company(classes: list[int], class_names: Sequence[str], article: str = "the ") -> str:
    return " and ".join(f"{article}{_named(c, class_names)}" for c in classes)


def _named(c: int, class_names: Sequence[str]) -> str:
    """Several of a class: digits as words, other classes as images, because no rule makes every name's plural."""
    name = " ".join(str(class_names[c]).split())
    if len(name) == 1 and name in "0123456789":
        return DIGIT_WORDS[int(name)]
    return f"{name if len(name) <= MOST_NAMED else name[: MOST_NAMED - 1] + '…'} images"
