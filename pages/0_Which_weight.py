"""Which weight: accuracy against cost over trained arms, advice within two bounds, why it costs, other weights."""

import streamlit as st

from tvae.errors import InputError
from tvae.explore.advice import Advice, Cost, advise
from tvae.metrics.collapse import collapse_warning
from tvae.metrics.measurable import NOT_MEASURABLE, has_triplet
from tvae.model.encoding import Encoding
from tvae.runs.run import Run
from tvae.runs.seeds.figures import MEASURED
from tvae.ui import measured
from tvae.ui.page import show_encoded_page
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of
from tvae.ui.which_weight.arms_in_turn import show_arms_in_turn
from tvae.ui.which_weight.chart import chart_caption, show_arms, show_chart
from tvae.ui.which_weight.controls import Wishes, choose_wishes
from tvae.ui.which_weight.ladder import LadderView, ladder_view
from tvae.ui.which_weight.other_weights import show_other_weights
from tvae.ui.which_weight.sentence import details, headline, other_losses, scoring, trainings, uncounted_cost
from tvae.ui.which_weight.train_ladder import show_train_ladder
from tvae.ui.which_weight.why_it_costs import show_why_it_costs


def show_content(run: Run, encoding: Encoding) -> None:
    """Show the page below its title."""
    if not has_triplet(encoding.labels):
        st.info(
            f"Triplet accuracy is {NOT_MEASURABLE} here: the {len(encoding.labels):,} images of the test split have no "
            "triplet, which takes two classes, and two images of one of them."
        )
        return
    try:
        view = ladder_view(run, encoding)
    except InputError as error:
        st.warning(as_text(f"The figures of this run's seeds can't be read. {reason_of(error)}."))
        view = None
    else:
        if view is None:
            show_train_ladder(run)
    if view is not None:
        show_advice(view, run)
    show_why_it_costs(run, encoding)
    show_other_weights(run, encoding, measured.curves(run, encoding))


def show_advice(view: LadderView, run: Run) -> None:
    """Show the sentence, the chart with its controls, every arm in turn and the table."""
    # On a narrow page the chart comes first and the controls below it; on a phone the details are last.
    parts = st.container(gap="xsmall", key=keys.ADVICE)
    sentence = parts.container(gap="xxsmall", key=keys.HEADLINE)
    beside = parts.container(gap="xsmall", key=keys.ADVICE_DETAILS)
    chart, controls = parts.container(key=keys.TRADE_ROW).columns([10, 3], gap="medium")
    with controls:
        wishes = choose_wishes(view)
    try:
        ladder = view.points(wishes.cost, wishes.margin)
    except InputError as error:
        sentence.warning(as_text(f"No arm can be advised by this cost. {reason_of(error)}."))
        return
    advice = advise(ladder, most_cost=wishes.most_cost, least_accuracy=wishes.least_accuracy)
    sentence.markdown(f"## {headline(advice, ladder, wishes.cost, view.name)}")
    advised = None if advice.arm is None else view.run.config.arms[advice.arm]
    sentence.caption(scoring(advised, wishes.margin, view.seeds))
    with beside:
        words = details(
            advice, ladder, wishes.cost, view.name, most_cost=wishes.most_cost, least_accuracy=wishes.least_accuracy
        )
        st.markdown(f"{_uncounted(view, advice, wishes)} {words}".lstrip())
        st.caption(how_chosen(view, run))
    with chart:
        show_chart(view, ladder, advice, wishes)
    st.caption(chart_caption(view, ladder, wishes.cost))
    show_arms_in_turn(view, ladder, wishes, advice.arm or ladder.knee() or ladder.baseline)
    for arm, curve in measured.curves(view.run, view.encoding).items():
        if curve.collapsed:
            st.warning(collapse_warning(view.name(arm), all_equal=curve.all_equal))
    with st.expander("Every arm in a table"):
        show_arms(view, ladder, wishes)


def _uncounted(view: LadderView, advice: Advice, wishes: Wishes) -> str:
    """Sentence on the cost in KL of an arm that was chosen by error, and the other way round."""
    others: dict[Cost, Cost] = {"error": "kl", "kl": "error"}
    other = others.get(wishes.cost)
    if advice.arm is None or other is None:
        return ""
    try:
        return uncounted_cost(advice.arm, other, view.points(other, wishes.margin))
    except InputError:  # the baseline has none of it
        return ""


def how_chosen(view: LadderView, run: Run) -> str:
    """Notes on the choice: its split and the split that is measured, the run, other pages, terms that losses lack."""
    chosen = (
        "Chosen and measured on the same images, the test split"
        if view.split == MEASURED
        else f"Chosen on the {view.split} split, numbers of the test split"
    )
    other = ""
    if view.run.folder != run.folder:
        other = (
            f" The arms are those of {as_text(view.run.name)}, on the same data; "
            f"other pages show {as_text(run.name)}, so their numbers differ."
        )
    elif view.seeds > 1:
        other = (
            f" Other pages show one of the {trainings(view.seeds)}, seed {run.config.train.seed}, so their numbers "
            "differ a little."
        )
    losses = other_losses(view.run.config.arms, view.name)
    return f"{chosen}.{other} {losses}".rstrip()


show_encoded_page("Which weight?", "Which weight and margin should I take, and what do they cost?", show_content)
