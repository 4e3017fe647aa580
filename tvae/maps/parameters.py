"""Parameters of each projection method, validated."""

from __future__ import annotations

from dataclasses import dataclass

from tvae.errors import require_int, require_real

MOST_ARMS = 64
LEAST_ROWS = 4
"""Fewer rows than this have no neighbourhoods that t-SNE or UMAP could keep."""


@dataclass(frozen=True, kw_only=True)
class PcaParameters:
    """PCA has no parameters: its axes are the two directions of greatest variance."""

    @property
    def method(self) -> str:
        return "pca"


@dataclass(frozen=True, kw_only=True)
class TsneParameters:
    """t-SNE: van der Maaten & Hinton 2008."""

    perplexity: float = 30.0
    """About how many neighbours a row keeps close; too large a value for the rows at hand is lowered, with a note."""
    iterations: int = 750
    """Steps of the descent, the first third with exaggerated attraction."""

    def __post_init__(self) -> None:
        require_real("tsne.perplexity", self.perplexity, 1, 1000)
        require_int("tsne.iterations", self.iterations, 3, 100_000)

    @property
    def method(self) -> str:
        return "tsne"


@dataclass(frozen=True, kw_only=True)
class UmapParameters:
    """UMAP: McInnes, Healy & Melville 2018."""

    n_neighbors: int = 15
    """Neighbours a row keeps close, itself counted; too large a value for the rows at hand is lowered, with a note."""
    min_dist: float = 0.1
    """How close two rows may come on the map, on a scale where 1 is the spread of a neighbourhood."""

    def __post_init__(self) -> None:
        require_int("umap.n-neighbors", self.n_neighbors, 2, 1000)
        require_real("umap.min-dist", self.min_dist, 0, 0.99)

    @property
    def method(self) -> str:
        return "umap"


Parameters = PcaParameters | TsneParameters | UmapParameters


METHODS: dict[str, type[PcaParameters] | type[TsneParameters] | type[UmapParameters]] = {
    "pca": PcaParameters,
    "tsne": TsneParameters,
    "umap": UmapParameters,
}
"""Parameters of each method by its name."""
METHOD_NAMES = {"tsne": "t-SNE", "umap": "UMAP", "pca": "PCA"}
"""What each method is called in words."""


def parameters_told(parameters: Parameters) -> str:
    """Text with a map's method and parameters."""
    if isinstance(parameters, PcaParameters):
        return "PCA"
    if isinstance(parameters, TsneParameters):
        return f"t-SNE, perplexity {parameters.perplexity:g}"
    return f"UMAP, {parameters.n_neighbors} neighbours"
