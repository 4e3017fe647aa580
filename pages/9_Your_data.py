"""Your data: a person's own labelled images to train on, or embeddings of two models to compare."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.data.own import OwnDataset
from tvae.errors import InputError
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.embeddings.form import show_embeddings
from tvae.ui.embeddings.kept import show_kept
from tvae.ui.own_files.progress import show_progress
from tvae.ui.own_files.task import Task
from tvae.ui.page import show_page_without_run
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.triplets.own_triplets import show_own_triplets
from tvae.ui.your_data.choosing import chosen_label, show_choices
from tvae.ui.your_data.data_sets import chosen_data_set, show_data_set, show_list
from tvae.ui.your_data.input import FORMS, show_input
from tvae.ui.your_data.samples import show_samples
from tvae.ui.your_data.source import Source, intake, library
from tvae.ui.your_data.summary import show_classes, show_summary

IMAGES, _ = WAYS = "Images to train on", "Embeddings to compare"


def show_source(source: Source, left: DeltaGenerator, right: DeltaGenerator) -> bool:
    """Show the source that is being brought in; returns whether its images are still to be kept."""
    with right:
        if show_progress(source.task, keys.DATA_CANCEL, "Nothing is kept then."):
            return True
    keeping, understood = source.keeping, source.looking.result
    if keeping is not None and keeping.result is not None:
        state.write(keys.DATA_SET, keeping.result.name)
        intake().done_with(source)
        st.rerun()  # the sidebar, which was drawn before, offers it too
    with right:
        if keeping is not None or understood is None:
            show_end(source.task)
    if understood is None:
        return False
    with left:
        column = chosen_label(source, understood)
        show_summary(source, understood, column)
        show_classes(source, understood, column)
    with right:
        show_choices(source, understood, column)
    return True


def show_end(task: Task) -> None:
    """Show the error of a file that could not be read or kept, or that the person cancelled it."""
    if task.error:
        st.error(as_text(f"{task.error}."))
    else:
        st.info("Cancelled. Nothing was kept.")


def show_content() -> None:
    """Show the page below its title."""
    state.choice(keys.BRINGING, WAYS, IMAGES)
    images, embeddings = st.tabs(WAYS, key=keys.BRINGING, on_change="rerun")
    if images.open:
        with images:
            show_images()
    if embeddings.open:
        with embeddings:
            across = st.container(horizontal=True, gap="medium")  # one below the other on a narrow page
            show_embeddings(across.container(width=370), across.container(width=530))
            show_kept()


def show_images() -> None:
    """Show the images that are brought in, or the data set that is chosen, and the list of data sets."""
    across = st.container(horizontal=True, gap="medium")  # one below the other on a narrow page
    left, right = across.container(width=370), across.container(width=530)
    with left:
        show_input()
    source = intake().source
    is_open = source is not None and show_source(source, left, right)
    datasets = library().visible(state.owner())
    dataset = chosen_data_set(datasets)
    if not is_open:
        with right:
            if dataset is None:
                st.markdown(f"**Recognised by content:**\n\n{FORMS}")
            else:
                show_data_set(dataset)
                show_triplets(dataset)
        if dataset is not None:
            with left:
                show_samples(dataset)
    show_list(datasets)


def show_triplets(dataset: OwnDataset) -> None:
    """Show the triplets of a person's own for a data set, once the person asks for them."""
    part = st.expander("Triplets of your own", icon=":material/compare:", key=keys.DATA_TRIPLETS, on_change="rerun")
    if part.open:
        with part:
            try:
                show_own_triplets(cached.suggestion(dataset).config, f"the settings suggested for {dataset.name}")
            except InputError as error:
                st.error(as_text(f"Can't be trained on. {reason_of(error)}."))


show_page_without_run("Your data", "What do both models make of images of your own?", show_content)
