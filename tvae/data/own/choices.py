"""Choices of how images are kept: size, colour, labels, splits, how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from tvae.errors import require, require_choice, require_int, require_real

Size = Literal[28, 32, 64]
Fit = Literal["fit", "crop"]
Colours = Literal["grey", "colour"]
SplitChoice = Literal["given", "stratified"]


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Settings by which the images of a source are kept.

    Raises:
        InputError: an impossible value.
    """

    size: Size = 28
    """Pixels a side."""
    fit: Fit = "fit"
    """fit: the whole picture, with its own border's colour beside it where it is not square; crop: the square in its
    middle."""
    colours: Colours = "grey"
    """grey: luma; colour: red, green and blue."""
    label: str
    """The label column that is the class."""
    further_labels: bool = True
    """Whether the other label columns are kept too."""
    split: SplitChoice = "given"
    """given: the source's own splits; stratified: of each class a share, drawn with the seed, is the test split."""
    test_share: float = 0.2
    """Share of each class in the test split where that is drawn."""
    most: int | None = None
    """Images to keep: of each split and class the same share, drawn with the seed; None for all."""
    seed: int = 0
    """Seed of what is drawn."""

    def __post_init__(self) -> None:
        require(self.size in get_args(Size), "size", self.size, "one of 28, 32, 64")
        require_choice("fit", self.fit, get_args(Fit))
        require_choice("colours", self.colours, get_args(Colours))
        require_choice("split", self.split, get_args(SplitChoice))
        require_real("test-share", self.test_share, 0.01, 0.9)
        require_int("seed", self.seed, 0, 2**63 - 1)
        if self.most is not None:
            require_int("most", self.most, 2)
