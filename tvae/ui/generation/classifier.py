"""Offers to train the classifier of the run's images, and shows the progress of its training."""

from __future__ import annotations

import streamlit as st

from tvae.explore.classifier.process import start_training, training_state
from tvae.runs.run import Run
from tvae.system.user_folders import default_classifiers_folder
from tvae.ui import cached
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of


def offer_classifier(run: Run) -> None:
    """Shows a button that trains the classifier, or the progress of a training that somebody has started."""
    training = training_state(run.labels_key, default_classifiers_folder())
    if training is not None and not training.failure:
        _show_progress(run)
        return
    st.info(
        "Nobody has trained a classifier on these images yet, so only pixels are compared. It is a small network that "
        "learns the classes of the training images in about a minute."
    )
    if training is not None:
        st.error(as_text(f"The classifier could not be trained: {training.failure}."))
    if st.button("Train the classifier", key=keys.TRAIN_CLASSIFIER, type="primary"):
        try:
            start_training(run.data, run.labels_key, default_classifiers_folder())
        except OSError as error:
            st.error(as_text(f"The classifier can't be trained: {reason_of(error)}."))
            return
        st.rerun()


@st.fragment(run_every=1.0)
def _show_progress(run: Run) -> None:
    training = training_state(run.labels_key, default_classifiers_folder())
    if training is None or training.failure or cached.classifier(run) is not None:
        st.rerun()
    left = "" if training.seconds_left is None else f", about {max(1, round(training.seconds_left))} s left"
    st.progress(training.share, f"Training the classifier{left}. It goes on when this page is closed.")
