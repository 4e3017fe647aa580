"""Cached reads and computations, shared by all sessions of a server.

    arms.py            Frames of a run's arms for the arm player: positions on their maps, reconstructions, samples
    figures.py         Figures, drawn once for all who look at the same numbers
    generation.py      Classifier, samples and their quality
    images.py          Images of a data set, their thumbnails, placement, errors, and settings suggested for them
    keys.py            Cache keys: the form in which each type of argument enters them
    maps.py            Layouts and still maps
    neighbourhoods.py  Neighbours of every image, how they change between two arms, and how classes spread
    paths.py           Paths through a latent space, decoded
    runs.py            Files of a run: encoding, curves, gaps, networks
    training.py        First steps of a training, explained
    triplets.py        Triplets counted and searched

A key is made from the arguments alone, by `KEY_OF`: no caller writes one, so no caller can show the numbers of another
arm, snapshot or file.
"""

from tvae.ui.cached.arms import arm_frames
from tvae.ui.cached.figures import figure
from tvae.ui.cached.generation import (
    classified,
    classifier,
    quality,
    real_reference,
    samples,
    share_classified_right,
)
from tvae.ui.cached.images import placement, sampled_error, split, suggestion, thumbnails
from tvae.ui.cached.maps import (
    arm_maps,
    layout,
    layout_at_once,
    layout_with_key,
    map_accuracy,
    placed_codes,
    projector,
    still_map,
)
from tvae.ui.cached.neighbourhoods import (
    MOST_NEIGHBOURS,
    class_spread,
    confusable_pair,
    findings,
    is_one_point,
    neighbour_changes,
    neighbour_lines,
    neighbours,
    sub_styles,
    third_class_share,
)
from tvae.ui.cached.paths import path
from tvae.ui.cached.runs import (
    curves,
    encoded_triplets,
    encoding,
    gaps,
    given_images,
    jobs,
    network,
    place_for_counts,
    replay,
    run_folders,
    seed_figures,
    shown_folders,
    spaces,
)
from tvae.ui.cached.training import first_steps
from tvae.ui.cached.triplets import (
    by_verdict,
    counted_accuracy,
    counted_curve,
    counted_gaps,
    counted_matrix,
    lost_shares,
    worst,
)

__all__ = [
    "MOST_NEIGHBOURS",
    "arm_frames",
    "arm_maps",
    "by_verdict",
    "class_spread",
    "classified",
    "classifier",
    "confusable_pair",
    "counted_accuracy",
    "counted_curve",
    "counted_gaps",
    "counted_matrix",
    "curves",
    "encoded_triplets",
    "encoding",
    "figure",
    "findings",
    "first_steps",
    "gaps",
    "given_images",
    "is_one_point",
    "jobs",
    "layout",
    "layout_at_once",
    "layout_with_key",
    "lost_shares",
    "map_accuracy",
    "neighbour_changes",
    "neighbour_lines",
    "neighbours",
    "network",
    "path",
    "place_for_counts",
    "placed_codes",
    "placement",
    "projector",
    "quality",
    "real_reference",
    "replay",
    "run_folders",
    "sampled_error",
    "samples",
    "seed_figures",
    "share_classified_right",
    "shown_folders",
    "spaces",
    "split",
    "still_map",
    "sub_styles",
    "suggestion",
    "third_class_share",
    "thumbnails",
    "worst",
]  # fmt: skip
