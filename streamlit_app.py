"""The overview: the paper's table and figures beside ours, on a run that ships."""

import numpy as np
import streamlit as st

from tvae.data import image_noun
from tvae.errors import InputError
from tvae.explore.example_images import first_of_each_class
from tvae.figures.colours import INK, arm_colours
from tvae.figures.image_grid import GridRow, grid_png
from tvae.figures.paper_diagram import paper_diagram_svg
from tvae.linked_map.contents import MapSide
from tvae.maps.projection import Layout
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui.choices.arms import shown_arms
from tvae.ui.components.latent_map import latent_map
from tvae.ui.maps.projecting import METHOD_NAMES
from tvae.ui.overview.idea import show_idea
from tvae.ui.overview.table import show_table
from tvae.ui.page import show_page
from tvae.ui.page_links import page_link
from tvae.ui.server import MIDDLEWARE, opened_in_browser
from tvae.ui.session import keys
from tvae.ui.style.captions import titled
from tvae.ui.style.theme import theme

MOST_IMAGES = 20


def show_spaces(run: Run, encoding: Encoding) -> None:
    """Figure 2: both latent spaces, side by side."""
    st.markdown("##### Figure 2: both latent spaces")
    arms = shown_arms(run)
    layout = next(filter(None, (_layout(run, method) for method in METHOD_NAMES)), None)
    if layout is None:
        st.info(
            "No map of this run's latent spaces has been computed yet. "
            f"`python -m tvae layouts {run.folder}` makes them, in about two minutes for 10,000 images."
        )
        return
    colours = arm_colours(arms)
    name = METHOD_NAMES[layout.method]
    left, right = (
        MapSide(title=arm.upper(), colour=colours[arm], positions=layout.positions[arm], caption=name)
        for arm in (arms[0], arms[-1])
    )
    latent_map(
        left,
        right,
        labels=encoding.labels,
        class_names=run.class_names,
        facts=titled(f"{name} of the means", run, encoding),
        key=keys.overview_map(run.name),
    )
    told = ", ".join(
        f"{arm.upper()} {measure.trustworthiness:.3f}"
        for arm in arms
        if (measure := layout.fidelity[arm]).trustworthiness is not None
    )
    st.caption(
        f"{name} of the means μ, a point an image of the test split, n = {len(encoding.labels):,}, seed {layout.seed}, "
        f"checkpoint {run.name}; the right map is turned and scaled to lie like the left. Trustworthiness: {told}. "
        "Distances between clusters and their sizes mean nothing on such a map."
    )


def _layout(run: Run, method: str) -> Layout | None:
    """The layout by this method in the run's folder; None without one, and where the run has too few images for it."""
    try:
        return cached.layout(run, method)
    except InputError:
        return None


def show_reconstructions(run: Run, encoding: Encoding) -> None:
    """Figure 3: inputs and what each arm makes of them."""
    st.markdown("##### Figure 3: what each model keeps of an image")
    arms = shown_arms(run)
    colours, ink = arm_colours(arms), INK[theme()]
    classes = encoding.labels[encoding.sample_rows]
    kept = first_of_each_class(classes, MOST_IMAGES)
    rows = [GridRow(label="input", images=encoding.sample_images[kept])] + [
        GridRow(label=arm.upper(), colour=colours[arm], images=encoding.sample_reconstructions[arm][kept])
        for arm in arms
    ]
    scale = 1 if encoding.sample_images.shape[2] > 16 else 3
    with st.container(key=keys.image_grid("wide", "overview")):  # which a narrow page scrolls sideways
        st.image(grid_png(rows, ink=ink, scale=scale), width="stretch", alt="Test images and their reconstructions")
    st.caption(
        f"Real test images, the first of {len(np.unique(classes[kept]))} of {len(run.class_names)} classes, "
        f"and their reconstructions from μ, checkpoint {run.name}."
    )


def show_content(run: Run) -> None:
    """Show the page below its title."""
    encoding = cached.encoding(run)
    fill_table = show_table(run, encoding)
    if encoding is None:
        st.info("This run's folder holds no encoded test split yet; it is written when a run ends.")
    else:
        show_spaces(run, encoding)
        show_reconstructions(run, encoding)
    with st.container(horizontal=True, gap="large"):  # beside each other where there is room, else one below the other
        with st.container(width=420):
            show_idea(run)
        with st.container(width=420):
            st.markdown("##### Figure 1: one triplet, one network")
            st.image(paper_diagram_svg(theme()), width="stretch", alt="Diagram of the triplet network")
            st.caption(
                "The three encoders are one and the same, and so are the decoders. The triplet term pulls on μ alone."
            )
    st.markdown("##### Where to go next")
    draw = "upload" if run.provenance.test.channels == 3 else "draw"  # nobody draws in colour there
    for page, told, icon in (
        ("1_Latent_map", "which {images} moved, and which neighbours did they leave?", "scatter_plot"),
        ("2_Reconstructions", "what does each model keep of an image?", "compare"),
        ("3_Interpolation", "what lies between two images?", "linear_scale"),
        ("4_Triplets", "which margin should I use, and what does it cost?", "change_history"),
        ("5_Training", "watch a latent space take shape.", "model_training"),
        ("6_Generation", "what does each model generate, and how good is it?", "auto_awesome"),
        ("7_Traversals", "what does each latent draw?", "tune"),
        ("8_Your_own_digit", "{draw} one, and see where it lies.", "draw"),
        ("9_Your_data", "bring labelled images of your own, and train on them.", "upload_file"),
    ):
        name = page.split("_", 1)[1].replace("_", " ")
        told = told.format(images=image_noun(run.config.data.name).many, draw=draw)
        page_link(f"pages/{page}.py", f"**{name}**: {told}", f":material/{icon}:")
    fill_table()


if __name__ == "__main__":  # as Streamlit runs a page
    show_page(
        "TVAE Explorer",
        "What does a triplet loss change in the latent space of a VAE, and what does it cost?",
        show_content,
    )
else:  # as `streamlit run`, which finds an ASGI app in this file, or any ASGI server imports it
    app = st.App(__file__, middleware=MIDDLEWARE, lifespan=opened_in_browser)
