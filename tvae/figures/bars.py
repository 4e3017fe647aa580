"""Change histogram and class mix as HTML.

Plotly's 4.7 MB would be loaded for them alone where a map page opens.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from html import escape

import numpy as np
from jaxtyping import Float, Int

from tvae.figures.colours import class_colours

BINS = 20


def change_histogram(change: Float[np.ndarray, " n"], low: float, high: float, rows: str) -> str:
    """Histogram of neighbourhood change from 0 to 1; bins between `low` and `high` are highlighted.

    Args:
        rows: what the rows are called, such as images.
    """
    counts, edges = np.histogram(change, bins=BINS, range=(0, 1))
    most = int(counts.max())
    bars = []
    for count, (start, end) in zip(counts.tolist(), itertools.pairwise(edges), strict=True):
        lit = ' class="lit"' if low - 1e-9 <= (start + end) / 2 <= high + 1e-9 else ""
        told = f"change {start:.2f} to {end:.2f}: {count:,} {rows}"
        bars.append(f'<div{lit} style="--share:{count / max(1, most):.4f}" title="{told}"></div>')
    fullest = int(counts.argmax())
    label = (
        f"Histogram of the neighbourhood change of {len(change):,} {rows}; most, {most:,}, "
        f"from {edges[fullest]:.2f} to {edges[fullest + 1]:.2f}"
    )
    axis = "<span>0</span><span>neighbourhood change</span><span>1</span>"
    return (
        f'<div class="change-histogram"><div class="most">{most:,} {rows}</div>'
        f'<div class="bars" role="img" aria-label="{label}">{"".join(bars)}</div>'
        f'<div class="axis" aria-hidden="true">{axis}</div></div>'
    )


def class_mix(counts: Int[np.ndarray, " classes"], names: Sequence[str]) -> str:
    """Number of rows of each class as bars in the classes' colours, most first; classes without a row are left out."""
    present = np.flatnonzero(counts)
    present = present[np.argsort(-counts[present], kind="stable")]
    colours = class_colours(len(names))
    most = int(counts.max(initial=1))
    rows = (
        f'<div class="name">{escape(str(names[c])[:24])}</div>'
        f'<div class="bar" style="--share:{counts[c] / most:.4f};background:{colours[c]}"></div>'
        f'<div class="count">{counts[c]:,}</div>'
        for c in present
    )
    return f'<div class="class-mix">{"".join(rows)}</div>'
