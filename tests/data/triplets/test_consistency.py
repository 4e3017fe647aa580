"""Contradictions and cycles, against plain code that follows every path."""

from __future__ import annotations

import numpy as np
import pytest

from tvae.data.triplets import Consistency, GivenTriplets, consistency


def counted_plainly(triplets: set[tuple[int, int, int]]) -> Consistency:
    """Contradictions by look-up; cycles by a search from each pair of images along "is nearer than"."""
    edges: dict[frozenset, set[frozenset]] = {}
    for a, p, n in triplets:
        edges.setdefault(frozenset((a, p)), set()).add(frozenset((a, n)))

    def reached(start: frozenset) -> set[frozenset]:
        seen, waiting = set(), [start]
        while waiting:
            for pair in edges.get(waiting.pop(), ()):
                if pair not in seen:
                    seen.add(pair)
                    waiting.append(pair)
        return seen

    reach = {pair: reached(pair) for pair in edges}
    circles = {frozenset(other for other in reach if pair in reach[other] and other in reach[pair]) for pair in reach}
    return Consistency(
        contradictions=sum((a, n, p) in triplets for a, p, n in triplets) // 2,
        cycles=sum(len(circle) > 2 for circle in circles),
        impossible=sum(frozenset((a, p)) in reach.get(frozenset((a, n)), ()) for a, p, n in triplets),
    )


@pytest.mark.parametrize("seed", range(20))
def test_as_plain_code_counts_them(seed):
    generator = np.random.default_rng(seed)
    images = int(generator.integers(4, 9))
    drawn = [generator.permutation(images)[:3] for _ in range(int(generator.integers(1, 60)))]
    given = GivenTriplets(np.array(drawn))
    assert consistency(given.distinct) == counted_plainly({(int(a), int(p), int(n)) for a, p, n in drawn})


def test_a_cycle_of_one_anchor_and_one_over_three_anchors():
    one_anchor = GivenTriplets(np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [4, 5, 6]]))
    assert consistency(one_anchor.distinct) == Consistency(contradictions=0, cycles=1, impossible=3)
    three_anchors = GivenTriplets(np.array([[0, 1, 2], [2, 0, 1], [1, 2, 0]]))
    assert consistency(three_anchors.distinct) == Consistency(contradictions=0, cycles=1, impossible=3)


def test_a_contradiction_counts_once_however_often_it_is_given():
    given = GivenTriplets(np.array([[0, 1, 2], [0, 2, 1], [0, 1, 2], [3, 1, 2]]))
    assert consistency(given.distinct) == Consistency(contradictions=1, cycles=0, impossible=2)


def test_triplets_of_a_true_distance_are_free_of_both():
    points = np.random.default_rng(0).normal(size=(30, 3))
    distance = np.linalg.norm(points[:, None] - points, axis=2)
    rows = np.array([np.random.default_rng(i).permutation(30)[:3] for i in range(500)])
    swap = distance[rows[:, 0], rows[:, 1]] > distance[rows[:, 0], rows[:, 2]]
    rows[swap] = rows[swap][:, [0, 2, 1]]
    assert consistency(GivenTriplets(rows).distinct) == Consistency(contradictions=0, cycles=0, impossible=0)
