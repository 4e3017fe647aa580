"""Traversals: what each latent of each model draws as it moves from -3 to 3, the most informative first."""

from typing import Any

import numpy as np
import streamlit as st

from tvae.explore.latent_paths import OFF_BELOW, ranked_latents, traversals
from tvae.figures.colours import FAINT, INK
from tvae.figures.image_grid import GridRow
from tvae.model.encoding import Encoding
from tvae.model.network import to_grey
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import chosen_arms
from tvae.ui.images.image_grid import grid_download, show_grid, show_grid_within
from tvae.ui.page import show_encoded_page
from tvae.ui.run_images import images_of, look_for_images_again
from tvae.ui.session import keys
from tvae.ui.style.arm_columns import arm_badge, arm_columns, image_room
from tvae.ui.style.theme import theme

PRIOR, IMAGE = "the prior's mean", "a test image"
REACH = 3.0
WIDE_COLUMNS = 2
"""Columns side by side at most: an arm's rows hold many images."""


def another_row(n: int) -> None:
    """Take an image at random."""
    state.write(keys.TRAVERSAL_ROW, int(np.random.default_rng().integers(n)))


def traversal_grid(
    run: Run, arm: str, code: np.ndarray, latents: np.ndarray, kl: np.ndarray, steps: int
) -> list[GridRow]:
    """One row for each latent: its number, its KL, its value in the code, and the image decoded at each value."""
    values = np.linspace(-REACH, REACH, steps)
    moved = traversals(code, values)[latents]  # (rows, steps, latent)
    pictures = to_grey(cached.network(run, arm).decoded(moved.reshape(-1, len(code))))
    pictures = pictures.reshape(*moved.shape[:2], *pictures.shape[1:])
    own = ["" if not code.any() else f"  {code[latent] + 0.0:+.1f}" for latent in latents]
    return [
        GridRow(
            label=f"z{latent}  {kl[latent]:.2f}{at}",
            colour=INK[theme()] if kl[latent] >= OFF_BELOW else FAINT[theme()],
            images=row,
            under=[f"{value:+.1f}" if value else "0" for value in values] if place == 0 else (),
        )
        for place, (latent, row, at) in enumerate(zip(latents, pictures, own, strict=True))
    ]


def choose_start(run: Run, encoding: Encoding, bar: Any) -> int | None:
    """The row of the image to start from; None for the prior's mean."""
    n = len(encoding.labels)
    picks = state.picks(run.provenance.test.fingerprint, n)
    with bar.container(width=190):
        around = st.selectbox("Around", (PRIOR, IMAGE), key=keys.AROUND, **keys.KEPT)
    if around != IMAGE:
        return None
    first = picks.focus if picks.focus is not None else int(picks.rows[0]) if len(picks.rows) else 0
    with bar.container(width=130):
        row = st.number_input(
            "Row",
            0,
            n - 1,
            first,
            1,
            key=keys.TRAVERSAL_ROW,
            help="An image of the test split; at first the one clicked on the latent map.",
            **keys.KEPT,
        )
    bar.button("Another", on_click=another_row, args=(n,), help="An image at random.")
    return min(int(row or 0), n - 1)


def show_start(run: Run, encoding: Encoding, arms: list[str], row: int) -> None:
    """Shows the image that the codes belong to, and its reconstruction by each arm."""
    images, missing = images_of(run)
    if images is None:
        words, again = st.columns([6, 1], vertical_alignment="center")
        words.caption(f"The image itself can't be shown. {missing}")
        again.button("Try again", on_click=look_for_images_again)
        return
    decoded = [to_grey(cached.network(run, arm).decoded(encoding.arms[arm].means[row][None]))[0] for arm in arms]
    names = ["input", *(arm.upper() for arm in arms)]
    grid = [GridRow(label="", colour=INK[theme()], images=np.stack([images[row], *decoded]), under=names)]
    show_grid(grid, f"Row {row} and its reconstructions", keys.START_IMAGES)


def show_arm(run: Run, encoding: Encoding, arm: str, row: int | None, steps: int, room: int) -> None:
    """Shows one arm's active latents; inactive ones are in an expander."""
    encoded = encoding.arms[arm]
    ranked = ranked_latents(encoded.kl)
    latents = encoded.means.shape[1]
    code = np.zeros(latents, np.float32) if row is None else encoded.means[row]
    arm_badge(run, arm, f"{len(ranked.on)} of {latents} latents on, {ranked.kl.sum():.2f} nats")
    if len(ranked.on):
        rows = traversal_grid(run, arm, code, ranked.on, ranked.kl, steps)
        show_grid_within(rows, f"Traversals of {arm.upper()}: {len(ranked.on)} latents", room)
        grid_download(rows, f"traversals-{run.name}-{arm}")
    else:
        st.info("Every latent is off: whatever the code, the decoder draws the same image.")
    if not len(ranked.off):
        st.caption(f"No latent is off: each has a KL of {OFF_BELOW:g} nats or more.")
        return
    title = f"{len(ranked.off)} latents off, KL under {OFF_BELOW:g} nats"
    folded = st.expander(title if len(ranked.off) > 1 else title.replace("latents", "latent"))
    with folded:
        show_grid_within(
            traversal_grid(run, arm, code, ranked.off, ranked.kl, steps), f"{arm.upper()}: latents that are off", room
        )


def show_page(run: Run, encoding: Encoding) -> None:
    """Show the page below its title."""
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    row = choose_start(run, encoding, bar)
    with bar.container(width=170):
        steps = int(st.slider("Steps", 3, 15, 9, 2, key=keys.STEPS, **keys.KEPT))
    with bar.popover("More"):
        arms = chosen_arms(run)
        kls = {arm: encoding.arms[arm].kl for arm in arms}
        longest = max(len(kl) for kl in kls.values())
        columns = {"latent": list(range(longest))}
        columns |= {f"{arm} KL, nats": [*kl.round(5).tolist(), *[""] * (longest - len(kl))] for arm, kl in kls.items()}
        st.download_button("KL by latent as CSV", rows_csv(columns), "kl-by-latent.csv", "text/csv", on_click="ignore")
    if row is not None:
        label = run.provenance.class_names[encoding.labels[row]]
        show_start(run, encoding, arms, row)
    for arm, column in zip(arms, arm_columns(len(arms), WIDE_COLUMNS), strict=True):
        with column:
            show_arm(run, encoding, arm, row, steps, image_room(len(arms), WIDE_COLUMNS))
    start = (
        "the code is the prior's mean, all zeros"
        if row is None
        else f"the code is μ of row {row:,} (class {label}), and the last number says where it has this latent"
    )
    st.caption(
        f"A row a latent, a column a value from −{REACH:g} to {REACH:g}; the other latents stay: {start}. "
        f"Beside a latent its KL to the prior in nats, averaged over the {run.config.data.name} test split, "
        f"n = {len(encoding.labels):,}; latents are in this order, and those of one arm are not those of another. "
        f"Training seed {run.config.train.seed}, checkpoint {run.name}."
    )


show_encoded_page("Traversals", "What does each latent draw, and which ones carry nothing?", show_page)
