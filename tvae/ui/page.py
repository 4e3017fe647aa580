"""Shows a page: page config, title, sidebar with run, arms, epoch and the training panel, content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tvae.data import image_noun
from tvae.data.public_datasets import IMAGE, Noun
from tvae.errors import InputError
from tvae.model.encoding import Encoding, LatentSpaces
from tvae.runs.embeddings.folder import Embeddings
from tvae.runs.embeddings.shown import Shown, read_shown
from tvae.runs.run import Run, epochs_text
from tvae.system.app_folder import page_address, page_files
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.choices.arms import choose_arms
from tvae.ui.choices.epochs import run_at_chosen_epoch, tell_that_epochs_are_not_followed
from tvae.ui.choices.runs import choose_run, embeddings_in_words, origin_in_words, settings_in_words
from tvae.ui.choices.size import choose_size, show_in_chosen_size
from tvae.ui.judging import run_judged_as_chosen
from tvae.ui.page_links import page_link
from tvae.ui.requests import show_refusal
from tvae.ui.session import keys
from tvae.ui.sign_in import ask_to_sign_in, show_account
from tvae.ui.style.captions import notions_in_words, rows_noun
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.take_away import show_take_away
from tvae.ui.training.panel import show_training_panel
from tvae.ui.training.status import follow_choice, show_status, show_status_on_page

STYLE = Path(__file__).parent / "page.css"
PAGES = page_files()
ICON = Path(__file__).parent / "icon.png"


def show_page(
    title: str,
    question: str,
    show_content: Callable[[Run], None],
    *,
    at_any_epoch: bool = False,
    trains_itself: bool = False,
) -> None:
    """Show a page: its title, the sidebar with the choice of run, arms and epoch, and its content.

    Args:
        question: in it, {images} and {an_image} stand for what the images of the run are called.
        show_content: draws the content for the run that is shown.
        at_any_epoch: the page follows the choice of epoch, so its run may be as it was at a snapshot.
        trains_itself: the content has the run under way and the training form, so the sidebar has neither.
    """

    def show(run: Shown | None) -> None:
        if isinstance(run, Run):
            show_content(run)
        elif run is not None:
            show_no_decoder(run)

    _show(title, question, show, at_any_epoch, needs_run=True, panel=not trains_itself)


def show_page_of_all(
    title: str, question: str, show_content: Callable[[Shown], None], *, at_any_epoch: bool = False
) -> None:
    """Show a page as `show_page` does whose content needs vectors alone, so that embeddings from elsewhere have it."""

    def show(run: Shown | None) -> None:
        if run is not None:
            show_content(run)

    _show(title, question, show, at_any_epoch, needs_run=True)


def show_page_without_run(title: str, question: str, show_content: Callable[[], None]) -> None:
    """Show a page as `show_page` does whose content needs no run, so that it works where there is none."""
    _show(title, question, lambda run: show_content(), at_any_epoch=False, needs_run=False)


def _show(
    title: str,
    question: str,
    show_content: Callable[[Shown | None], None],
    at_any_epoch: bool,
    *,
    needs_run: bool,
    panel: bool = True,
) -> None:
    st.set_page_config(page_title=f"{title} · TVAE Explorer", page_icon=str(ICON), layout="wide")
    st.html(STYLE)
    if ask_to_sign_in():
        return
    state.open_address(title)
    show_in_chosen_size()
    if _show_lesson(title):
        return
    with st.container(key=keys.TITLE_ROW, horizontal=True, vertical_alignment="center"):
        st.title(title, anchor=False)
        beside_title = st.container(width="content")
    below_title = st.empty()
    below_title.markdown(f":gray[{_in_words_of(IMAGE, question)}]")
    notes = st.container()
    status = st.container()
    run = _chosen_run(at_any_epoch, needs_run, panel)
    if isinstance(run, Run):
        with beside_title:
            show_take_away(run)
    if run is not None:
        below_title.markdown(f":gray[{_in_words_of(_noun(run), question)}]")
    if panel:
        with status:
            show_status_on_page()
    show_content(run)
    _close_address(notes)


def _close_address(notes: DeltaGenerator) -> None:
    """Make the address match the page, and show notes on what it or a callback asked for in vain."""
    state.close_address()
    with notes:
        show_refusal()
    for note in state.notes():
        notes.warning(as_text(note))


def _show_lesson(title: str) -> bool:
    """Show a step of the lesson in place of the page and its sidebar where the address asks for it, and whether so."""
    if not state.lesson_is_open():
        state.keep_out_of_lesson(title)
        return False
    from tvae.ui.lesson.frame import show_lesson  # it takes parts of many pages

    notes = st.container()
    show_lesson(title)
    _close_address(notes)
    return True


def show_encoded_page(
    title: str, question: str, show_content: Callable[[Run, Encoding], None], *, at_any_epoch: bool = False
) -> None:
    """Show a page that needs a run and its encoded test split, or a message where there is none."""

    def show_encoded(run: Run) -> None:
        encoding = cached.encoding(run)
        if encoding is None:
            st.info(nothing_to_show(run))
            return
        try:
            show_content(run, encoding)
        except InputError as error:
            st.error(as_text(f"This can't be shown. {reason_of(error)}."))

    show_page(title, question, show_encoded, at_any_epoch=at_any_epoch)


def show_page_of_spaces(
    title: str, question: str, show_content: Callable[[Shown, LatentSpaces], None], *, at_any_epoch: bool = False
) -> None:
    """Show a page that needs the vectors and labels of a run's test split or of embeddings from elsewhere."""

    def show_spaces(run: Shown) -> None:
        spaces = cached.spaces(run)
        if spaces is None:
            st.info(nothing_to_show(run))
            return
        try:
            show_content(run, spaces)
        except InputError as error:
            st.error(as_text(f"This can't be shown. {reason_of(error)}."))

    show_page_of_all(title, question, show_spaces, at_any_epoch=at_any_epoch)


def nothing_to_show(run: Shown) -> str:
    """Why a page has no vectors to show."""
    if isinstance(run, Run):
        return "This run's folder holds no encoded test split yet; it is written on the way and when a run ends."
    return "The vectors of these embeddings can't be read; remove them on the page Your data, and add them again."


def show_no_decoder(embeddings: Embeddings) -> None:
    """Show that embeddings from elsewhere have nothing for this page, and the pages that they have."""
    st.info(
        as_text(
            f"{embeddings.name} holds embeddings from elsewhere, which come with no decoder and no training, so there "
            "is nothing to show here. They can be seen on two pages; for this one, choose a run in the sidebar."
        )
    )
    page_link("pages/1_Latent_map.py", "Latent map", ":material/scatter_plot:")
    page_link("pages/4_Triplets.py", "Triplets", ":material/change_history:")


def _chosen_run(at_any_epoch: bool, needs_run: bool, panel: bool) -> Shown | None:
    """Draw the sidebar and return the run that is chosen there; None where there is none to show.

    Why there is none is said on the page where it needs a run, else in the sidebar.
    """
    with st.sidebar:
        links = st.container(gap="xxsmall")
    run = _run_in_sidebar(at_any_epoch, st.container() if needs_run else st.sidebar, panel)
    with st.sidebar:
        choose_size()
        show_account()
    with links:  # above the choices, and after them, so that they carry what is chosen
        page_link("streamlit_app.py", "Overview")
        for page in PAGES:
            page_link(f"pages/{page.name}", page_address(page).replace("_", " "))
    return run


def _run_in_sidebar(at_any_epoch: bool, messages: DeltaGenerator, panel: bool) -> Shown | None:
    """Draw the choices of run, arms and epoch, and the training panel; None where there is no run to show."""
    state.put_training_in_address()
    folders = cached.shown_folders()
    if not folders:
        with messages:
            st.error("There is no run to show. Bring labelled images in, and train on them.")
            page_link("pages/9_Your_data.py", "Your data", ":material/upload_file:")
        with st.sidebar:
            show_status()
        return None
    with st.sidebar:
        name = choose_run(folders, follow_choice)
    try:
        run = read_shown(folders[name])
    except InputError as error:
        messages.error(f"This run can't be shown. {reason_of(error)}. Choose another in the sidebar.")
        return None
    state.belong_to(run.name, run.fingerprint, run.notion)
    if not isinstance(run, Run):
        _show_embeddings_in_sidebar(run)
        return run
    with st.sidebar:
        choose_arms(run)
        run = run_judged_as_chosen(run)
        if at_any_epoch:
            run = run_at_chosen_epoch(run)
        else:
            tell_that_epochs_are_not_followed(run)
        st.caption(_about(run))
        if panel:
            show_training_panel(run)
    return run


def _show_embeddings_in_sidebar(embeddings: Embeddings) -> None:
    """Draw what the sidebar has for embeddings from elsewhere: what they are, and a run under way if there is one."""
    with st.sidebar:
        choose_arms(embeddings)
        state.leave_out(
            keys.JUDGED_BY, f"There is no notion of similarity to choose here. Shown is {embeddings.notion}."
        )
        st.caption(as_text(embeddings_in_words(embeddings)))
        show_status()


def _noun(run: Shown) -> Noun:
    """Noun for the rows: what the images are called, or row where there are none."""
    return image_noun(run.config.data.name) if isinstance(run, Run) else rows_noun(run)


def _in_words_of(noun: Noun, question: str) -> str:
    return question.format(images=noun.many, an_image=noun.a)


def _about(run: Run) -> str:
    config, provenance = run.config, run.provenance
    unfinished = "" if provenance.finished else " **Not finished.**"
    notions = notions_in_words(run)
    arms = "arm" if len(config.arms) == 1 else "arms"
    return (
        f"{len(config.arms)} {arms} on {config.data.name}: {settings_in_words(run)}, "
        f"{epochs_text(run.trained_epochs)} epochs, seed {config.train.seed}, {config.model.latent_dim} latents; "
        f"{as_text(origin_in_words(run))}{f'; {as_text(notions)}' if notions else ''}.{unfinished}"
    )
