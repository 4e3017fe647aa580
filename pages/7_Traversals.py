"""Traversals: images that each model decodes as one latent moves from -3 to 3, the most informative latent first."""

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from tvae.explore.latent_paths import LEAST_CHANGE, OFF_BELOW, REACH, picture_changes, ranked_latents, traversals
from tvae.figures.colours import GREY
from tvae.figures.image_grid import GridRow
from tvae.model.encoding import Encoding
from tvae.model.network import to_bytes
from tvae.runs.arm_names import arm_name, short_arm_name
from tvae.runs.run import Run
from tvae.system.csv_table import rows_csv
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import shown_arms
from tvae.ui.images.image_grid import grid_download, show_grid, show_grid_within
from tvae.ui.page import show_encoded_page
from tvae.ui.requests import answered
from tvae.ui.run_images import images_of, look_for_images_again
from tvae.ui.session import keys
from tvae.ui.style.arm_columns import arm_badge, arm_columns, image_room
from tvae.ui.style.escaping import as_text

PRIOR, IMAGE = "the prior's mean", "a test image"
WIDE_COLUMNS = 2
"""Columns side by side at most: an arm's rows hold many images."""


def another_row(n: int) -> None:
    """Choose a random image to start from."""
    state.choose(keys.TRAVERSAL_ROW, int(np.random.default_rng().integers(n)))


def tick(value: float) -> str:
    """Text of a latent's value: to two decimals at most, with its sign, and 0 without."""
    return f"{value:+z.2f}".rstrip("0").rstrip(".") if round(value, 2) else "0"


def three_digits(value: float) -> str:
    """Text of a change of the picture: three significant digits, whole numbers from 100 up."""
    return f"{value:#.3g}".rstrip(".") if 1e-3 <= value < 1000 else f"{value:.0f}"


def traversal_grid(
    run: Run, arm: str, code: np.ndarray, latents: np.ndarray, kl: np.ndarray, changes: np.ndarray, steps: int
) -> list[GridRow]:
    """One row for each latent: number, KL, value in the code, the image decoded at each value, and its change."""
    values = np.linspace(-REACH, REACH, steps)
    moved = traversals(code, values)[latents]  # (rows, steps, latent)
    pictures = to_bytes(cached.network(run, arm).decoded(moved.reshape(-1, len(code))))
    pictures = pictures.reshape(*moved.shape[:2], *pictures.shape[1:])
    own = ["" if not code.any() else f"  {code[latent]:+z.1f}" for latent in latents]
    rows = [
        GridRow(
            label=f"z{latent}  {kl[latent]:.2f}{at}",
            colour="" if kl[latent] >= OFF_BELOW else GREY,
            images=row,
            after=three_digits(float(changes[latent])),
        )
        for latent, row, at in zip(latents, pictures, own, strict=True)
    ]
    between = 1 if steps <= 9 else (steps - 1) // 2  # of many steps the ends and the middle alone have room
    ticks = [tick(value) if place % between == 0 else "" for place, value in enumerate(values)]
    heads = {"under_label": "KL" if not code.any() else "KL, value", "under_after": "change"}
    return [replace(rows[0], under=ticks, **heads), *rows[1:]]


def choose_start(run: Run, encoding: Encoding, bar: Any) -> int | None:
    """The row of the image to start from; None for the prior's mean."""
    n = len(encoding.labels)
    picks = state.picks(run.provenance.test.fingerprint, n)
    state.put_picks_in_address(picks, n)  # the row to start with is one of them
    with bar.container(width=190):
        around = st.selectbox("Around", **state.choice(keys.AROUND, (PRIOR, IMAGE), PRIOR))
    if around != IMAGE:
        return None
    first = picks.focus if picks.focus is not None else int(picks.rows[0]) if len(picks.rows) else 0
    with bar.container(width=130):
        row = st.number_input(
            "Row",
            step=1,
            help="An image of the test split; at first the one clicked on the latent map.",
            **state.number(keys.TRAVERSAL_ROW, 0, n - 1, first),
        )
    bar.button("Another", on_click=answered(another_row), args=(n,), help="An image at random.")
    return min(int(row or 0), n - 1)


def show_start(run: Run, encoding: Encoding, arms: list[str], row: int) -> None:
    """Shows the image that the codes belong to, and its reconstruction by each arm."""
    images, missing = images_of(run)
    if images is None:
        words, again = st.columns([6, 1], vertical_alignment="center")
        words.caption(f"The image itself can't be shown. {missing}")
        again.button("Try again", on_click=answered(look_for_images_again))
        return
    decoded = [to_bytes(cached.network(run, arm).decoded(encoding.arms[arm].means[row][None]))[0] for arm in arms]
    names = ["input", *(short_arm_name(run.config, arm) for arm in arms)]
    grid = [GridRow(label="", images=np.stack([images[row], *decoded]), under=names)]
    show_grid(grid, f"Row {row} and its reconstructions", keys.START_IMAGES)


def show_arm(run: Run, encoding: Encoding, arm: str, row: int | None, steps: int, room: int) -> np.ndarray:
    """Shows one arm's latents, in an expander those that hardly change the picture; returns the changes."""
    encoded = encoding.arms[arm]
    latents = encoded.means.shape[1]
    code = np.zeros(latents, np.float32) if row is None else encoded.means[row]
    changes = picture_changes(cached.network(run, arm), code)
    least_change = LEAST_CHANGE * float(encoded.errors.mean(dtype=np.float64))
    ranked = ranked_latents(encoded.kl, changes, least_change)
    arm_badge(run, arm, f"{len(ranked.drawn)} of {latents} latents change the picture, {len(ranked.on)} are on")
    name = arm_name(run.config, arm)
    if len(ranked.drawn):
        rows = traversal_grid(run, arm, code, ranked.drawn, encoded.kl, changes, steps)
        show_grid_within(rows, f"Traversals of {name}: {len(ranked.drawn)} latents", room)
        around = "the prior's mean" if row is None else f"the mean of row {row}"
        what = f"Latents of {name} moved around {around}: KL in nats, and change of the picture in squared error"
        grid_download(rows, f"traversals-{arm}", what, run, encoding)
    else:
        st.info("No latent changes the picture: whatever the code, the decoder draws much the same image.")
    if not len(ranked.faint):
        st.caption(f"Every latent changes the picture by a squared error of {least_change:.2g} or more.")
        return changes
    count = f"{len(ranked.faint)} latent{'s' if len(ranked.faint) > 1 else ''}"
    with st.expander(
        f"{count} change the picture by less than {least_change:.2g}".replace("1 latent change", "1 latent changes")
    ):
        rows = traversal_grid(run, arm, code, ranked.faint, encoded.kl, changes, steps)
        show_grid_within(rows, f"{name}: latents that draw next to nothing", room)
        both = np.intersect1d(ranked.faint, ranked.on)
        words = (
            f"The limit is a tenth of the squared error that the reconstructions of {as_text(name)} have on average."
        )
        if len(both):
            words += (
                f" {len(both)} of them {'have' if len(both) > 1 else 'has'} a KL of {OFF_BELOW:g} nats or more all the "
                "same: what they say of an image does not reach the picture. The triplet term can ask for that."
            )
        st.caption(words)
    return changes


def show_content(run: Run, encoding: Encoding) -> None:
    """Show the page below its title."""
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    arms = shown_arms(run)
    row = choose_start(run, encoding, bar)
    with bar.container(width=170):
        steps = int(st.slider("Steps", step=2, **state.number(keys.TRAVERSAL_STEPS, 3, 15, 9, formerly=keys.STEPS)))
    with bar.popover("More"):
        download = st.container()
    if row is not None:
        label = run.class_names[encoding.labels[row]]
        show_start(run, encoding, arms, row)
    changes: dict[str, np.ndarray] = {}
    for arm, column in zip(arms, arm_columns(len(arms), WIDE_COLUMNS, keys.ARM_IMAGES), strict=True):
        with column:
            changes[arm] = show_arm(run, encoding, arm, row, steps, image_room(len(arms), WIDE_COLUMNS))
    latents = [(arm, latent) for arm in arms for latent in range(len(changes[arm]))]
    columns = {
        "arm": [arm for arm, _ in latents],
        "latent": [latent for _, latent in latents],
        "KL, nats": np.concatenate([encoding.arms[arm].kl for arm in arms]),
        "change of the picture, squared error": np.concatenate([changes[arm] for arm in arms]),
    }
    download.download_button("Latents as CSV", rows_csv(columns), "latents.csv", "text/csv", on_click="ignore")
    start = (
        "the code is the prior's mean, all zeros"
        if row is None
        else f"the code is μ of row {row:,} (class {label}), and the number after the KL says where it has this latent"
    )
    st.caption(
        f"A row a latent, a column a value from −{REACH:g} to {REACH:g}; the other latents stay: {start}. "
        f"Left, its KL to the prior in nats, averaged over the {run.config.data.name} test split, "
        f"n = {len(encoding.labels):,}; a latent of {OFF_BELOW:g} nats or more is on. Latents are in the order of "
        "their KL, and those of one arm are not those of another. Right, how much the latent changes the picture: "
        "the largest squared error, summed over pixels, between two of the pictures at "
        f"−{REACH:g}, −{REACH / 2:g}, 0, {REACH / 2:g} and {REACH:g}. "
        f"Training seed {run.config.train.seed}, checkpoint {run.name}."
    )


show_encoded_page("Traversals", "What does each latent draw, and which ones carry nothing?", show_content)
