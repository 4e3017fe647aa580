"""Shows images whose neighbours are of another class in the other space, ranked, a sentence each."""

from __future__ import annotations

import numpy as np
import streamlit as st

from tvae.figures.image_grid import GridRow
from tvae.metrics.findings import LEAST_MEMBERS, Finding
from tvae.ui import cached
from tvae.ui import session as state
from tvae.ui.images.image_grid import show_grid_within
from tvae.ui.maps.selection import ROOM, Images
from tvae.ui.maps.view_pair import ViewPair
from tvae.ui.requests import answered
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text

ON_A_PAGE = 6
"""Findings in sight at once."""
CHOSEN, TO_CHOOSE = ":material/check_circle:", ":material/highlight_alt:"
"""Icons of the finding whose images are selected, and of the others."""
THUMBNAILS = 6
"""Images of a finding that are shown."""


def show_findings(pair: ViewPair, picks: state.Picks, names: tuple[str, ...], images: Images | None) -> None:
    """Shows what is worth a look, ranked; a click on a sentence selects its images on both maps."""
    st.markdown(f"**Worth a look** from {as_text(pair.left.title)} to {as_text(pair.right.title)}")
    noun = pair.noun
    one_point = [view.title for view in (pair.left, pair.right) if cached.is_one_point(view.encoded, pair.labels)]
    if one_point:
        st.caption(
            f"Nothing can be found: all means of {as_text(' and of '.join(one_point))} are one point, or nearly, so "
            f"which {noun.many} are near each other means nothing there."
        )
        return
    findings = cached.findings(pair.left.encoded, pair.right.encoded, pair.k, pair.labels, names)
    n, k = len(pair.labels), pair.k
    nearest = f"{k} nearest {noun.many}" if k > 1 else f"nearest {noun.one}"
    definition = (
        f"What counts is the class of more than half of {noun.a}'s {nearest} in a latent space, itself left out; "
        f"{findings.undecided:,} of n = {n:,} have no such class in one of the two."
    )
    if not findings.ranked:
        st.caption(f"No {noun.one} has most of its neighbours in another class than before. {definition}")
        return
    pages = -(-len(findings.ranked) // ON_A_PAGE)
    if not 1 <= state.read(keys.FINDINGS_PAGE, 1) <= pages:
        state.write(keys.FINDINGS_PAGE, 1)
    place = st.container(gap="small")
    page = st.pagination(pages, key=keys.FINDINGS_PAGE, persist_state="session") if pages > 1 else 1
    first = ON_A_PAGE * (page - 1)
    with place:
        for rank, finding in enumerate(findings.ranked[first : first + ON_A_PAGE], start=first):
            with st.container(gap=None):
                st.button(
                    as_text(finding.sentence),
                    type="tertiary",
                    icon=CHOSEN if np.array_equal(picks.rows, finding.rows) else TO_CHOOSE,
                    help=f"Select these {noun.many} on both maps",
                    key=keys.finding(rank),
                    on_click=answered(_select),
                    args=(picks, finding),
                )
                if images is not None:
                    _show_thumbnails(pair, finding, images)
    st.caption(
        f"{findings.crossing:,} {noun.many} have most of their neighbours in another class than before. They make "
        f"{len(findings.ranked):,} findings: groups of {LEAST_MEMBERS} or more first, the largest before the others, "
        f"then lone {noun.many} (fewer), those that keep the fewest neighbours first. {definition}"
    )


def _select(picks: state.Picks, finding: Finding) -> None:
    """Select a finding's images; of a lone one, show its neighbours too."""
    picks.replace(finding.rows)
    picks.focus = int(finding.rows[0]) if len(finding.rows) == 1 else None


def _show_thumbnails(pair: ViewPair, finding: Finding, images: Images) -> None:
    """A group's first images; a lone image between its nearest in either space that it has there alone."""
    rows, under = finding.rows[:THUMBNAILS].tolist(), []
    if not finding.is_group:
        row, changes = rows[0], pair.changes
        rows = [int(changes.lost_by(row)[0]), *rows, int(changes.gained_by(row)[0])]
        under = [f"near in {pair.left.label}", *("" for _ in rows[2:]), f"near in {pair.right.label}"]
    alt = f"Rows {', '.join(f'{row:,}' for row in rows)}"
    show_grid_within([GridRow(label="", images=images[rows], under=under)], alt, ROOM)
