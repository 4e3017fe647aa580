"""Reconstructions: test images beside each model's output, and the cost of the triplet weight in squared error."""

import streamlit as st

from tvae.explore.example_images import first_of_each_class
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import shown_arms
from tvae.ui.choices.rows import EACH, PICKED, ChosenRows, choose_rows, choose_source
from tvae.ui.images.image_grid import show_grid
from tvae.ui.page import show_encoded_page
from tvae.ui.page_links import page_link
from tvae.ui.reconstructions.errors import show_cost, show_errors
from tvae.ui.reconstructions.grid import reconstruction_grid, show_reconstructions
from tvae.ui.requests import answered
from tvae.ui.run_images import images_of, look_for_images_again
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text

MEAN, SAMPLE = CODES = ("mean μ", "a sample")


def show_content(run: Run, encoding: Encoding) -> None:
    """Show the page below its title."""
    arms = shown_arms(run)
    fingerprint, n = run.provenance.test.fingerprint, len(encoding.labels)
    picks = state.picks(fingerprint, n)
    state.put_picks_in_address(picks, n)
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    with bar.container(width=145):
        source = choose_source(picks)
    which = bar.container(width=150) if source != EACH else bar.empty()
    with bar.container(width=160):
        count = int(st.slider("How many", **state.number(keys.IMAGE_COUNT, 4, 20, 10)))
    code = bar.segmented_control(
        "Decoded from",
        required=True,
        **state.choice(keys.CODE, CODES, MEAN, default_as="default"),
    )
    mapped = bar.toggle("Error map", **state.switch(keys.ERROR_MAP))
    with bar.popover("More"):
        noise = int(
            st.number_input("Seed of the samples' noise", step=1, **state.number(keys.NOISE_SEED, 0, 2**31, 0)) or 0
        )
    with which:
        chosen = choose_rows(source, run, encoding, arms, picks, count)
    seed = noise if code == SAMPLE else None

    place = st.empty()
    kept = first_of_each_class(encoding.labels[encoding.sample_rows], count)
    sample_rows = ChosenRows(encoding.sample_rows[kept], "the images that are kept with the run")
    if state.first_time(f"reconstructions:{fingerprint}"):
        with place.container():  # first something to see: the images themselves may have to be fetched
            show_grid(
                reconstruction_grid(run, encoding, arms, sample_rows.rows, encoding.sample_images[kept], seed, mapped)[
                    0
                ],
                "",
                keys.FIRST_IMAGES,
            )
    images, missing = images_of(run)
    with place.container():
        if chosen.missing:
            st.info(as_text(chosen.missing))
            if source == PICKED and not len(chosen.rows):
                page_link("pages/1_Latent_map.py", "To the latent map", ":material/scatter_plot:")
        if images is None:
            words, again = st.columns([6, 1], vertical_alignment="center")
            words.info(f"Only the images that are kept with the run can be shown. {missing}")
            again.button("Try again", on_click=answered(look_for_images_again))
            show_reconstructions(run, encoding, arms, sample_rows, encoding.sample_images[kept], seed, mapped)
        elif len(chosen.rows):
            show_reconstructions(run, encoding, arms, chosen, images[chosen.rows], seed, mapped)

    if seed is None or images is None:
        errors, code_description = {arm: encoding.arms[arm].errors for arm in arms}, "the mean μ"
    else:
        split = cached.split(run.config.data.name, "test")
        errors = {arm: cached.sampled_error(run, arm, split, seed) for arm in arms}
        code_description = f"one sample of each posterior (noise seed {seed})"
    show_cost(run, encoding, arms, errors, code_description)
    show_errors(run, encoding, arms, errors, code_description)


show_encoded_page(
    "Reconstructions",
    "What has each model kept of an image, and what did the triplet weight cost?",
    show_content,
    at_any_epoch=True,
)
