"""Your data: labelled images of a person's own, brought in, kept and trained on."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.ui import session as state
from tvae.ui.page import show_page_without_run
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.your_data.choosing import chosen_label, show_choices
from tvae.ui.your_data.data_sets import chosen_data_set, show_data_set, show_list
from tvae.ui.your_data.input import FORMS, show_input
from tvae.ui.your_data.progress import show_progress
from tvae.ui.your_data.samples import show_samples
from tvae.ui.your_data.source import Source, intake, library
from tvae.ui.your_data.summary import show_classes, show_summary
from tvae.ui.your_data.task import Task


def show_source(source: Source, below_input: DeltaGenerator, right: DeltaGenerator) -> bool:
    """Show the source that is being brought in; whether it is still to be kept."""
    with right:
        if show_progress(source):
            return True
    keeping, looking = source.keeping, source.looking
    if keeping is not None and keeping.result is not None:
        state.write(keys.DATA_SET, keeping.result.name)
        intake().source = None
        return False
    with right:
        if keeping is not None or looking.result is None:
            show_end(source.task)
        if looking.result is None:
            return False
        column = chosen_label(source, looking.result)
        show_summary(source, looking.result, column)
        show_choices(source, looking.result, column)
    with below_input:
        show_classes(source, looking.result, column)
    return True


def show_end(task: Task) -> None:
    """Why work on a source came to nothing."""
    if task.error:
        st.error(as_text(f"{task.error}."))
    else:
        st.info("Cancelled. Nothing was kept.")


def show_content() -> None:
    """Show the page below its title."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        show_input()
    source = intake().source
    is_open = source is not None and show_source(source, left, right)
    datasets = library().visible(state.owner())
    dataset = chosen_data_set(datasets)
    if not is_open:
        with right:
            if dataset is None:
                st.markdown(FORMS)
            else:
                show_data_set(dataset)
        if dataset is not None:
            with left:
                show_samples(dataset)
    show_list(datasets)


show_page_without_run("Your data", "What do both models make of images of your own?", show_content)
