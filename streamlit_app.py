"""The overview: the paper's table and figures beside ours, on a run that ships."""

import numpy as np
import streamlit as st

from tvae.data import image_noun
from tvae.explore.example_images import first_of_each_class
from tvae.figures.arm_styles import arm_styles
from tvae.figures.image_grid import GridRow
from tvae.figures.paper_diagram import paper_diagram_svg
from tvae.model.encoding import Encoding
from tvae.runs.run import Run, epochs_text
from tvae.ui import cached
from tvae.ui.choices.arms import shown_arms
from tvae.ui.choices.epochs import run_or_newest_snapshot
from tvae.ui.images.image_grid import drawn_grid
from tvae.ui.overview.answer import show_answer
from tvae.ui.overview.idea import show_idea
from tvae.ui.overview.spaces import show_spaces
from tvae.ui.overview.table import show_table
from tvae.ui.overview.triplet import show_triplet
from tvae.ui.page import show_page
from tvae.ui.page_links import lesson_link, page_link
from tvae.ui.server import MIDDLEWARE, opened_in_browser
from tvae.ui.session import keys
from tvae.ui.style.theme import theme
from tvae.ui.unexpected_errors import show_unexpected_error

MOST_IMAGES = 20


def show_reconstructions(run: Run, encoding: Encoding) -> None:
    """Show Figure 3: test images and each arm's reconstructions."""
    st.markdown("## Figure 3: what each model keeps of an image")
    arms = shown_arms(run)
    styles = arm_styles(run.config)
    classes = encoding.labels[encoding.sample_rows]
    kept = first_of_each_class(classes, MOST_IMAGES)
    rows = [GridRow(label="input", images=encoding.sample_images[kept])] + [
        GridRow(
            label=styles[arm].short_name, colour=styles[arm].colour, images=encoding.sample_reconstructions[arm][kept]
        )
        for arm in arms
    ]
    scale = 1 if encoding.sample_images.shape[2] > 16 else 3
    with st.container(key=keys.image_grid("wide", "overview")):  # which a narrow page scrolls sideways
        st.image(
            drawn_grid(tuple(rows), theme(), scale)[0], width="stretch", alt="Test images and their reconstructions"
        )
    st.caption(
        f"Real test images, the first of {len(np.unique(classes[kept]))} of {len(run.class_names)} classes, "
        f"and their reconstructions from μ, checkpoint {run.name}"
        f"{'' if run.snapshot is None else f' at epoch {epochs_text(run.epoch)}'}."
    )


def show_content(run: Run) -> None:
    """Show the page below its title."""
    run = run_or_newest_snapshot(run)
    encoding = cached.encoding(run)
    show_answer(run, encoding)
    if run.snapshot is not None:
        why = "How this run ended is not in its folder." if run.provenance.finished else "This run has not ended."
        st.caption(f"{why} It is shown as it was at epoch {epochs_text(run.epoch)}, the newest that it keeps.")
    lesson_link("streamlit_app.py", "**Lesson**: all of this in seven steps", ":material/school:")
    moving = st.container(key=keys.MOVING_TRIPLET_PLACE)  # filled last: its images may have to be fetched
    with moving:
        kept_free = st.empty()
        if encoding is not None:
            # An empty container: the browser draws it before it has loaded the code of any element.
            kept_free.container(key=keys.KEPT_FREE, height=1, border=False)
    with st.container(horizontal=True, gap="large"):  # beside each other where there is room, else one below the other
        with st.container(width=420):
            show_idea(run)
        with st.container(width=420):
            st.markdown("## Figure 1: one triplet, one network")
            st.image(paper_diagram_svg(theme()), width="stretch", alt="Diagram of the triplet network")
            st.caption(
                "The three encoders are one and the same, and so are the decoders. The triplet term pulls on μ alone."
            )
    fill_table = show_table(run, encoding)
    if encoding is None:
        st.info("This run keeps nothing to show yet: its first pictures come with its first snapshot, or when it ends.")
    else:
        show_spaces(run, encoding)
        show_reconstructions(run, encoding)
    st.markdown("## Where to go next")
    draw = "upload" if run.provenance.test.channels == 3 else "draw"  # nobody draws in colour there
    for page, told, icon in (
        ("0_Which_weight", "which weight and margin should I take, and what do they cost?", "balance"),
        ("1_Latent_map", "which {images} moved, and which neighbours did they leave?", "scatter_plot"),
        ("2_Reconstructions", "what does each model keep of an image?", "compare"),
        ("3_Interpolation", "what lies between two images?", "linear_scale"),
        ("4_Triplets", "which triplets are in the right order, by which margin?", "change_history"),
        ("5_Sweep", "which margin and weight, over a whole grid and several seeds?", "grid_on"),
        ("5_Training", "watch a latent space take shape.", "model_training"),
        ("6_Generation", "what does each model generate, and how good is it?", "auto_awesome"),
        ("7_Traversals", "what does each latent draw?", "tune"),
        ("8_Your_own_digit", "{draw} one, and see where it lies.", "draw"),
        ("9_Your_data", "bring labelled images of your own, and train on them.", "upload_file"),
    ):
        name = page.split("_", 1)[1].replace("_", " ")
        told = told.format(images=image_noun(run.config.data.name).many, draw=draw)
        page_link(f"pages/{page}.py", f"**{name}**: {told}", f":material/{icon}:")
    if encoding is not None:
        with moving:
            if not show_triplet(run, encoding):
                kept_free.empty()
    fill_table()


if __name__ == "__main__":  # as Streamlit runs a page
    show_page(
        "TVAE Explorer",
        "What does a triplet loss change in the latent space of a VAE, and what does it cost?",
        show_content,
    )
else:  # as `streamlit run`, which finds an ASGI app in this file, or any ASGI server imports it
    app = st.App(__file__, middleware=MIDDLEWARE, lifespan=opened_in_browser, on_script_error=show_unexpected_error)
