"""Draw splits and samples of each class the same share, with a seed."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int8, Int32, Int64

from tvae.data.own.sources.reading import NO_SPLIT, SPLIT_CODES
from tvae.data.stratified import drawn_rows, stratified_rows
from tvae.errors import InputError

TRAIN, TEST, VALIDATION = (SPLIT_CODES[name] for name in ("train", "test", "validation"))


def given_splits(splits: Int8[np.ndarray, " n"]) -> tuple[Int8[np.ndarray, " n"], str | None]:
    """A source's own splits, and a sentence where its validation split is taken as the test split.

    Where there is a validation split and no test split, the validation split becomes the test split.
    """
    has = {code: bool((splits == code).any()) for code in (TRAIN, TEST, VALIDATION)}
    if has[VALIDATION] and not has[TEST]:
        note = "there is no test split, so the validation split is taken for it"
        return np.where(splits == VALIDATION, TEST, splits).astype(np.int8), note
    return splits, None


def has_given_splits(splits: Int8[np.ndarray, " n"]) -> bool:
    """Whether a source's own splits can be kept: each image has one, and there are both to train on and to test on."""
    splits, _ = given_splits(splits)
    return bool((splits != NO_SPLIT).all() and (splits == TRAIN).any() and (splits == TEST).any())


def drawn_splits(codes: Int32[np.ndarray, " n"], test_share: float, seed: int) -> Int8[np.ndarray, " n"]:
    """Training and test split: this share of each class, rounded, is for testing; nothing of a class of one.

    Where that leaves nothing to test on, it is one image of the largest class.
    """
    splits = np.full(len(codes), TRAIN, np.int8)
    splits[stratified_rows(codes, test_share, seed)] = TEST
    if len(codes) > 1 and not (splits == TEST).any():
        largest = np.bincount(codes).argmax()
        splits[np.flatnonzero(codes == largest)[-1]] = TEST
    return splits


def stratified_sample(
    splits: Int8[np.ndarray, " n"], codes: Int32[np.ndarray, " n"], most: int, seed: int
) -> Int64[np.ndarray, " m"]:
    """At most `most` rows in ascending order: the same share of each class in each split, but at least one.

    Raises:
        InputError: there are more such groups than images to keep.
    """
    if most >= len(codes):
        return np.arange(len(codes))
    groups = splits.astype(np.int64) * (int(codes.max()) + 1) + codes
    _, places, counts = np.unique(groups, return_inverse=True, return_counts=True)
    if most < len(counts):
        raise InputError(
            f"most: {most:,} is fewer than the {len(counts):,} classes of all splits; it must be at least one each"
        )
    exact = counts * (most / len(codes))
    kept = np.maximum(1, np.floor(exact)).astype(np.int64)
    while kept.sum() > most:  # the ones that were rounded up to one image are taken from the largest
        kept[kept.argmax()] -= 1
    rest = most - int(kept.sum())
    room = kept < counts
    kept[np.argsort(np.where(room, kept - exact, np.inf), kind="stable")[:rest]] += 1
    return drawn_rows(places, kept, seed)
