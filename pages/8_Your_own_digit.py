"""Your own digit, or another image, or many: drawn or uploaded, prepared as the data set was, encoded by every arm."""

import streamlit as st

from tvae.data import image_noun
from tvae.explore.fitted_picture import DESCRIPTION, fitted_picture
from tvae.explore.new_image import NewImage, encode_new_image
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import shown_arms
from tvae.ui.maps.controls import FIRST_METHOD, METHOD_OF
from tvae.ui.own_digit.input import (
    DRAW,
    MANY,
    SEND,
    draw_example,
    drawn_or_sent,
    has_example,
    leave_out_drawings,
    no_such_way,
    prepared,
    sent_in_colour,
    show_stages,
)
from tvae.ui.own_digit.many import show_many
from tvae.ui.own_digit.neighbours import show_neighbours, show_votes
from tvae.ui.own_digit.on_maps import BESIDE, show_maps
from tvae.ui.own_digit.reconstructions import placement_of, show_doubts, show_reconstructions
from tvae.ui.page import show_encoded_page
from tvae.ui.requests import answered
from tvae.ui.run_images import images_of
from tvae.ui.session import keys


def show_content(run: Run, encoding: Encoding) -> None:
    """Show the page below its title."""
    arms, own, n = shown_arms(run), state.own_digit(), len(encoding.labels)
    noun = image_noun(run.config.data.name)
    few = len(arms) <= BESIDE
    # Side by side where there is room, else one below the other.
    parts = st.container(key=keys.OWN_DIGIT)
    above = parts.container(horizontal=True, gap="medium", key=keys.OWN_ABOVE)
    hand = above.container(width=265, key=keys.OWN_HAND)
    right = above.container(width=640, key=keys.OWN_MAPS if few else None)
    height, width, channels = run.provenance.test.image_shape
    drawn, picture, input_kind, offered = None, None, SEND, False
    with hand:
        if channels == 3:
            leave_out_drawings()
        ways = (SEND, MANY) if channels == 3 else (DRAW, SEND, MANY)
        bar = st.container(horizontal=True, vertical_alignment="bottom")
        first = ways[0] if own.strokes or not (own.ink or own.channels) else SEND
        why_not = no_such_way if channels == 3 else None
        choice = state.choice(keys.INPUT_WAY, ways, first, default_as="default", explain=why_not)
        input_kind = bar.segmented_control(f"Your {noun.one}", required=True, **choice)
        if input_kind == SEND and channels == 3:
            picture = sent_in_colour(own, noun)
        elif input_kind != MANY:
            offered = input_kind == DRAW and has_example(noun, run.class_names)
            if offered:
                bar.button("Example", on_click=answered(draw_example), help="Have one drawn for you.")
            drawn = drawn_or_sent(input_kind, own, noun)
            state.put_own_digit_in_address(own)
        stages = st.container()
    doubts = parts.container(key=keys.OWN_DOUBTS)
    below = parts.container(horizontal=True, gap="medium", key=keys.OWN_RESULTS)
    maps = right if few else st.container()
    with maps, st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=160):
            chosen = st.selectbox("Projection", **state.choice(keys.PROJECTION, tuple(METHOD_OF), FIRST_METHOD))
        with st.popover("More"):
            voters = int(st.number_input("Images that vote", step=1, **state.number(keys.VOTERS, 1, 100, 15)) or 15)
    if input_kind == MANY:
        show_many(run, encoding, arms, METHOD_OF.get(chosen or "", "tsne"), voters, hand, maps)
        return
    images, missing = images_of(run)
    new_images: dict[str, NewImage] = {}
    image, preparation = None, ""
    if picture is not None:
        image, preparation = fitted_picture(picture, height, width), DESCRIPTION.format(height=height, width=width)
    if drawn is not None:
        placement = placement_of(run, encoding, images)
        image = prepared(drawn, placement)
        strokes = ", its strokes as wide as the test images'" if input_kind == DRAW else ""
        preparation = placement.description + strokes
    if image is not None:
        new_images = {
            arm: encode_new_image(
                cached.network(run, arm),
                encoding.arms[arm],
                encoding.labels,
                len(run.class_names),
                image,
                min(voters, n),
            )
            for arm in arms
        }
    if input_kind == SEND and own.channels in (0, channels):
        with stages:
            show_stages(own, image)
    # Messages come before the maps, also where there is none: one that stood until the script run ends would push down
    # what the models make of the image, and then let it jump up.
    with hand if few else right:  # beside the square, so that more than two maps stand higher
        if image is None:
            instruction = f"Draw {noun.a} in the square" if input_kind == DRAW else f"Upload a picture of {noun.a}"
            example_hint = ", or have an example drawn" if offered else ""
            st.info(
                f"{instruction}{example_hint}. Its place on the maps, its reconstructions and its "
                "nearest images appear here."
            )
        else:
            st.empty()
    with doubts:
        show_doubts(run, new_images, noun)
    with maps:
        show_maps(run, encoding, arms, METHOD_OF.get(chosen or "", "tsne"), new_images)
    if image is None:
        return
    with below.container(width=265, key=keys.OWN_RECONSTRUCTIONS) if few else right:
        show_reconstructions(run, image, new_images, preparation, 330 if few else 640)
    with below.container(width=200, key=keys.OWN_VOTES):
        show_votes(run, encoding, new_images)
    with below.container(width=405):
        show_neighbours(run, encoding, new_images, images, missing)


show_encoded_page(
    "Your own digit",
    "Where does {an_image} of your own lie, and which class does each model take it for?",
    show_content,
)
