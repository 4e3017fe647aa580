"""Findings: planted crossings are found, ranked as the docstrings say, and described in sentences that all differ."""

from pathlib import Path

import numpy as np
import pytest

from tvae.errors import InputError
from tvae.metrics.findings import LEAST_MEMBERS, NO_COMPANY, Findings, company, findings
from tvae.metrics.neighbour_changes import Changes, changes
from tvae.metrics.neighbours import nearest_neighbours
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

DIGITS = [str(digit) for digit in range(10)]
CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


def spaces(left: np.ndarray, right: np.ndarray, k: int = 10) -> Changes:
    return changes(nearest_neighbours(left, k).rows, nearest_neighbours(right, k).rows)


def planted() -> tuple[Changes, np.ndarray]:
    """Fours, ones and nines in clusters; eight fours are among the nines on the left, one nine among the ones."""
    rng = np.random.default_rng(1)
    labels = np.repeat([4, 9, 1], [60, 40, 40])
    right = rng.normal(size=(140, 3)) + 20 * labels[:, None]
    left = right.copy()
    left[:8] = rng.normal(size=(8, 3)) + 20 * 9
    left[70] = rng.normal(size=3) + 20 * 1
    return spaces(left, right), labels


def plain_company(classes: list[int]) -> int:
    """The class of more than half of the neighbours, by counting each."""
    return next((c for c in classes if 2 * classes.count(c) > len(classes)), NO_COMPANY)


@pytest.mark.parametrize("k", range(1, 13))
def test_company_is_the_class_of_more_than_half(k: int) -> None:
    classes = np.random.default_rng(k).integers(0, 3, (300, k))
    assert company(classes).tolist() == [plain_company(row) for row in classes.tolist()]


def test_half_of_the_neighbours_are_no_company() -> None:
    assert company(np.array([[1, 1, 2, 2], [1, 1, 1, 2], [0, 3, 3, 3]])).tolist() == [NO_COMPANY, 1, 3]


def test_a_planted_group_and_a_planted_lone_image_are_found_and_described() -> None:
    moved, labels = planted()
    found = findings(moved, labels, DIGITS)
    group, lone = found.ranked
    assert (group.own, group.left, group.right) == (4, 9, 4)
    assert set(group.rows.tolist()) == set(range(8))
    assert group.is_group
    assert (
        group.sentence
        == "8 fours leave the nines for the other fours: 0.4 of their 10 neighbours stay the same, on average."
    )
    assert lone.rows.tolist() == [70]
    assert not lone.is_group
    assert lone.sentence == "A nine leaves the ones for the other nines: none of its 10 neighbours stays the same."
    assert (found.crossing, found.undecided) == (9, 0)


def checked(moved: Changes, labels: np.ndarray, names: list[str]) -> Findings:
    """The findings, after comparing them with plain counting and their order with the one that is stated."""
    found = findings(moved, labels, names)
    ways: dict[tuple[int, int, int], list[int]] = {}
    undecided = 0
    for row in range(len(labels)):
        sides = [plain_company(labels[neighbours[row]].tolist()) for neighbours in (moved.left, moved.right)]
        if NO_COMPANY in sides:
            undecided += 1
        elif sides[0] != sides[1]:
            ways.setdefault((int(labels[row]), sides[0], sides[1]), []).append(row)
    assert {(f.own, f.left, f.right): sorted(f.rows.tolist()) for f in found.ranked} == ways
    assert found.undecided == undecided
    assert found.crossing == sum(map(len, ways.values()))

    def shared(row: int) -> int:
        return len(set(moved.left[row].tolist()) & set(moved.right[row].tolist()))

    for finding in found.ranked:
        counts = [shared(row) for row in finding.rows]
        assert counts == sorted(counts)
        assert finding.shared == pytest.approx(np.mean(counts))
    places = [
        (0, -len(f.rows), f.shared) if len(f.rows) >= LEAST_MEMBERS else (1, f.shared, -len(f.rows))
        for f in found.ranked
    ]
    assert places == sorted(places)
    sentences = [finding.sentence for finding in found.ranked]
    assert len(set(sentences)) == len(sentences)
    ways_told = [sentence.split(":")[0].split(" leave")[1].removeprefix("s") for sentence in sentences]
    pairs = {(way, f.own) for way, f in zip(ways_told, found.ranked, strict=True)}
    assert len(pairs) == len(sentences), "also without their numbers no two read the same"
    return found


@pytest.mark.parametrize("run_name", ["digits", "mnist"])
def test_no_two_findings_of_a_shipped_run_read_the_same(run_name: str) -> None:
    run = read_run(CHECKPOINTS / run_name)
    encoding = read_encoding(run, "test")
    assert encoding is not None
    left, right = (nearest_neighbours(arm.means, 10) for arm in encoding.arms.values())
    for k in (1, 2, 10):
        found = checked(changes(left.first(k).rows, right.first(k).rows), encoding.labels, list(run.class_names))
        assert found.ranked, k


@pytest.mark.parametrize("classes", [1, 2, 1000])
def test_odd_numbers_of_classes(classes: int) -> None:
    rng = np.random.default_rng(classes)
    labels = rng.integers(0, classes, 3000)
    centres = 30 * rng.normal(size=(classes, 4))
    left, right = (centres[labels] + rng.normal(size=(3000, 4)) for _ in range(2))
    movers = rng.permutation(3000)[:300]
    left[movers] = centres[rng.integers(0, classes, 300)] + rng.normal(size=(300, 4))
    found = checked(
        spaces(left, right, 2), labels, [f"a class whose name is long and begins alike {c}" for c in range(classes)]
    )
    assert bool(found.ranked) == (classes > 1)


def test_the_same_space_twice_has_no_finding() -> None:
    moved, labels = planted()
    found = checked(changes(moved.left, moved.left), labels, DIGITS)
    assert (found.ranked, found.crossing) == ([], 0)


def test_a_collapsed_space_has_findings_that_do_not_fail() -> None:
    """Neighbours are then those of the lowest row numbers; the page says that they mean nothing."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 90)
    checked(spaces(rng.normal(size=(90, 2)) + 9 * labels[:, None], np.zeros((90, 2))), labels, DIGITS[:3])


@pytest.mark.parametrize("seed", range(8))
def test_classes_that_are_called_alike_are_told_apart(seed: int) -> None:
    names = ["4", " 4", "fours", "four images", "a\nb", "a b", "x" * 30, "x" * 40]
    drawn = np.random.default_rng(seed)
    moved, labels = planted()
    checked(moved, labels, drawn.choice(names, 10).tolist())
    relabelled = np.where(drawn.random(140) < 0.5, labels, labels - 1)
    checked(moved, relabelled, drawn.choice(names, 10).tolist())


def test_names_that_are_no_digits_are_shortened() -> None:
    names = ["x"] * 10
    names[4], names[9] = "Ankle boot", "a\nvery long name of a class that nobody reads to its end"
    moved, labels = planted()
    group, lone = findings(moved, labels, names).ranked
    assert group.sentence.startswith(
        "8 Ankle boot images leave the a very long name of a c… images for the other Ankle boot images: "
    )
    assert lone.sentence.startswith("One a very long name of a c… image leaves the x images (class 1) for the other a ")


def test_wrong_input_is_refused() -> None:
    moved, labels = planted()
    with pytest.raises(InputError, match="labels"):
        findings(moved, labels[1:], DIGITS)
    with pytest.raises(InputError, match="labels of 9 classes: 9 is not possible"):
        findings(moved, labels, DIGITS[:9])
