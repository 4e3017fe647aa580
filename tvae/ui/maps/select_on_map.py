"""Links to the latent map with rows of another page picked there."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int

from tvae.ui.address.row_numbers import rows_to_address
from tvae.ui.page_links import map_link


def link_to_rows(n: int, rows: Int[np.ndarray, " m"]) -> None:
    """Draw a link that opens the latent map with these of the n rows selected; the first one's neighbours are shown.

    None is drawn where there are no rows, or more than an address can name.
    """
    if text := rows_to_address(np.unique(rows), n):
        map_link("Show on the latent map", rows=text, row=str(int(rows[0])))
