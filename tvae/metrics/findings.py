"""Images whose neighbours are mostly of one class in one space and of another in the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Int64

from tvae.metrics.grouped_means import checked_class_labels
from tvae.metrics.neighbour_changes import Changes

NO_COMPANY = -1
"""Stands in place of a class where no class has more than half of the neighbours."""

LEAST_MEMBERS = 5
"""Rows of a group; fewer may be chance, so they rank after all groups."""

MOST_NAMED = 24
"""Characters of a class's name that a sentence shows at most."""

DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, eq=False)
class Finding:
    """Rows of one class whose neighbours are mostly of one class in the left space, and of another in the right one."""

    own: int
    """Class of the rows."""
    left: int
    """Class of their company in the left space."""
    right: int
    """Class of their company in the right space."""
    rows: Int64[np.ndarray, " m"]
    """Rows of the finding, those that keep the fewest neighbours first; at ties the lower row."""
    shared: float
    """Neighbours that a row has in both spaces, mean over the rows, from 0 to k."""
    sentence: str
    """The finding in plain text (a class's name is another person's text: escape it for a page)."""

    @property
    def is_group(self) -> bool:
        """Whether there are enough rows to be no chance."""
        return len(self.rows) >= LEAST_MEMBERS


@dataclass(frozen=True, eq=False)
class Findings:
    """All findings between two spaces, and the numbers of rows in them."""

    ranked: list[Finding]
    """Groups first, the larger before the smaller; then lone images (fewer than `LEAST_MEMBERS`), those that keep the
    fewest neighbours first. At ties the fewer shared neighbours, then the more rows, then the lower classes."""
    crossing: int
    """Rows that cross: those of all findings."""
    undecided: int
    """Rows that have no company in one of the spaces or in both, so that nothing is said of them."""


def company(neighbour_classes: Int[np.ndarray, "n k"]) -> Int64[np.ndarray, " n"]:
    """Class of more than half of each row's k nearest neighbours; `NO_COMPANY` where no class has that many.

    Args:
        neighbour_classes: classes of the neighbours, each row's without the row itself.
    """
    k = neighbour_classes.shape[1]
    middle = np.sort(neighbour_classes, axis=1)[:, k // 2]  # in order, more than half of them reach over the middle
    votes = (neighbour_classes == middle[:, None]).sum(axis=1)
    return np.where(2 * votes > k, middle, NO_COMPANY).astype(np.int64)


def findings(changes: Changes, labels: Int[np.ndarray, " n"], class_names: Sequence[str]) -> Findings:
    """Rows whose company changes between two spaces, by their class and both companies.

    A row crosses where its `company` among the k nearest (the k of `changes`) is of one class in the left space and of
    another in the right one. Rows of one class that cross from the same class to the same class are one finding; so
    no two findings have the same sentence.

    Args:
        changes: neighbours of every row in both spaces.
        labels: class of each row, from 0 to len(class_names) - 1.
        class_names: any text; classes of one name, or of names that are equal as far as they are shown, are numbered.

    Raises:
        InputError: labels do not match the rows or the names.
    """
    n, k = changes.left.shape
    labels = checked_class_labels(labels, n, len(class_names))
    left, right = company(labels[changes.left]), company(labels[changes.right])
    decided = (left != NO_COMPANY) & (right != NO_COMPANY)
    shared = k - changes.lost.sum(axis=1)
    crossing = np.flatnonzero(decided & (left != right))
    crossing = crossing[np.lexsort((crossing, shared[crossing]))]
    words = _class_words(class_names)
    ways, way_of = np.unique(
        np.stack([labels[crossing], left[crossing], right[crossing]], axis=1), axis=0, return_inverse=True
    )
    ranked = []
    for way, (own, before, after) in enumerate(ways.tolist()):
        rows = crossing[way_of.reshape(-1) == way]
        mean = float(shared[rows].mean())
        sentence = _sentence(len(rows), (own, before, after), words, mean, k)
        ranked.append(Finding(own, before, after, rows, mean, sentence))
    ranked.sort(key=_rank)
    return Findings(ranked, len(crossing), int((~decided).sum()))


def _rank(finding: Finding) -> tuple[float, ...]:
    """Sorts as `Findings.ranked` says; all groups have a first number below 0."""
    count = len(finding.rows)
    return -count if finding.is_group else 0, finding.shared, -count, finding.own, finding.left, finding.right


def _sentence(count: int, way: tuple[int, int, int], words: Sequence[tuple[str, str]], shared: float, k: int) -> str:
    """A sentence such as "8 fours leave the nines for the other fours: 1.5 of 10 neighbours stay the same"."""
    own, left, right = way

    def company_in_words(c: int) -> str:
        return f"the {'other ' if c == own else ''}{words[c][1]}"

    who, leave = (words[own][0], "leaves") if count == 1 else (f"{count:,} {words[own][1]}", "leave")
    moved = f"{who[0].upper()}{who[1:]} {leave} {company_in_words(left)} for {company_in_words(right)}"
    whose = "its" if count == 1 else "their"
    if k == 1:
        return f"{moved}: {whose} nearest neighbour is another."
    if shared == 0:
        return f"{moved}: none of {whose} {k} neighbours stays the same."
    mean = f"{shared:.1f}".removesuffix(".0")
    stay = f"{'stays' if mean == '1' else 'stay'} the same{', on average' if count > 1 else ''}"
    return f"{moved}: {mean} of {whose} {k} neighbours {stay}."


def _class_words(class_names: Sequence[str]) -> list[tuple[str, str]]:
    """One image and several images of each class in words, different ones for every class.

    Digits are "a four" and "fours", others "one image of shirt" and "shirt images", as no rule makes every plural.
    """
    words = [_in_words(" ".join(str(name).split())) for name in class_names]
    times = Counter(plural for _, plural in words)
    return [
        (singular, plural) if times[plural] == 1 else (f"{singular} (class {c})", f"{plural} (class {c})")
        for c, (singular, plural) in enumerate(words)
    ]


def _in_words(name: str) -> tuple[str, str]:
    if len(name) == 1 and name in "0123456789":
        word = DIGIT_WORDS[int(name)]
        return f"{'an' if word == 'eight' else 'a'} {word}", f"{word}{'es' if word == 'six' else 's'}"
    shown = name if len(name) <= MOST_NAMED else name[: MOST_NAMED - 1] + "…"
    return f"one {shown} image", f"{shown} images"
