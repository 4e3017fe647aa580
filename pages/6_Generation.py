"""Generation: samples of each arm from the same noise, and their precision and recall."""

import numpy as np
import streamlit as st

from tvae.errors import InputError
from tvae.model.encoding import Encoding
from tvae.runs.arm_names import arm_name
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import shown_arms
from tvae.ui.generation.quality import FEATURES, PIXELS, show_measures
from tvae.ui.generation.sample_grid import sample_grid
from tvae.ui.images.image_grid import grid_download, show_grid_within
from tvae.ui.page import show_encoded_page
from tvae.ui.requests import answered
from tvae.ui.run_images import look_for_images_again, split_of
from tvae.ui.session import keys
from tvae.ui.style.arm_columns import arm_badge, arm_columns, image_room
from tvae.ui.style.reasons import reason_of

ANY = "nothing: the prior"


def draw_again() -> None:
    """Draw new noise, by another seed."""
    state.choose(keys.SAMPLE_SEED, state.value_of(keys.SAMPLE_SEED, 0) + 1)


def show_content(run: Run, encoding: Encoding) -> None:
    """Show the page below its title."""
    arms, names = shown_arms(run), run.class_names
    present = [names[label] for label in np.unique(encoding.labels)]
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    with bar.container(width=180):
        wanted = st.selectbox(
            "Ask for",
            help="A class: codes from the Gaussian of the arm's own means μ of its training images, with their mean "
            "and covariance. The samples are compared with test images.",
            **state.choice(keys.ASKED_CLASS, (ANY, *present), ANY),
        )
    requested_class = names.index(wanted) if wanted in present else None
    with bar.container(width=190):
        temperature = float(
            st.slider(
                "Temperature",
                step=0.05,
                help="Scales the spread of the codes: 1 is the prior's, or the class's, own; 0 its mean alone.",
                **state.number(keys.TEMPERATURE, 0.0, 1.5, 1.0),
            )
        )
    with bar.container(width=160):
        count = int(st.slider("Samples shown", step=6, **state.number(keys.SAMPLE_COUNT, 6, 60, 24)))
    with bar.container(width=110):
        seed = int(st.number_input("Noise seed", step=1, **state.number(keys.SAMPLE_SEED, 0, 2**31, 0)) or 0)
    bar.button("Draw again", on_click=answered(draw_again))
    classifier = cached.classifier(run)
    with bar.popover("More"):
        most = int(
            st.slider("Images and samples measured, at most", step=100, **state.number(keys.MEASURED, 200, 4000, 1000))
        )
        spaces = (PIXELS,) if classifier is None else (FEATURES, PIXELS)
        space = st.radio("Compared in", **state.choice(keys.SPACE, spaces, spaces[0])) or spaces[0]

    train, train_missing = (None, "") if requested_class is None else split_of(run, "train")
    for arm, column in zip(arms, arm_columns(len(arms), key=keys.ARM_IMAGES), strict=True):
        samples = cached.samples(run, arm, requested_class, train, count=count, temperature=temperature, seed=seed)
        predicted_classes = None if classifier is None else classifier.classes(classifier.features(samples))
        grid = sample_grid(samples, predicted_classes, names, requested_class)
        with column:
            what = "the prior" if requested_class is None else f"class {names[requested_class]}"
            arm_badge(run, arm)
            show_grid_within(grid, f"Samples of {arm_name(run.config, arm)} from {what}", image_room(len(arms)))
            from_what = f"{what}, temperature {temperature:g}, noise seed {seed}"
            grid_download(
                grid, f"samples-{arm}", f"Samples of {arm_name(run.config, arm)} from {from_what}", run, encoding
            )
    source = (
        "N(0, I)"
        if requested_class is None
        else f"each arm's own Gaussian of the means μ of class {names[requested_class]}'s "
        f"{'training' if train is not None else 'test'} images"
    )
    under = "" if classifier is None else " Under each, the class that the classifier below names."
    st.caption(
        f"The same noise (seed {seed}) at temperature {temperature:g} through every decoder; codes from {source}."
        f"{under} Checkpoint {run.name}, training seed {run.config.train.seed}."
    )
    if train_missing:
        st.warning(
            "The Gaussians are fitted on the same test images that the samples are compared with, so the measures "
            f"below flatter every arm: the training images can't be loaded. {train_missing}"
        )
    images, missing = split_of(run, "test")
    if images is None:
        words, again = st.columns([6, 1], vertical_alignment="center")
        words.info(f"Samples can't be measured without real images to compare them with. {missing}")
        again.button("Try again", on_click=answered(look_for_images_again))
        return
    how = {"temperature": temperature, "seed": seed, "most": most, "space": space}
    try:
        show_measures(run, encoding, arms, requested_class, how, classifier, images, train)
    except InputError as error:
        st.info(f"Not measured here. {reason_of(error)}.")


show_encoded_page(
    "Generation", "What does each model generate, and are its images as good and as varied as real ones?", show_content
)
