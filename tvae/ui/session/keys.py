"""Every key of the session, of widgets and of the address.

A control stands in the address under its key, so the names in the first part are in links that people keep: they don't
change.
"""

from __future__ import annotations

# In the address, and in the session under the same name

RUN, EPOCH, ARMS, JUDGED_BY = "run", "epoch", "arms", "judged-by"
SIZE = "size"
"""Size of text and controls."""
LESSON, LESSON_STEP = "lesson", "step"
"""Whether the lesson is open, and at which step."""
ROWS, ROW = "rows", "row"
"""The selected rows, and the row whose neighbours are shown."""
FILTER = "filter"
"""Filters of the maps' rows by column."""
WATCHED = "watch"
"""The training run that is watched."""
STROKES, INK = "strokes", "ink"
"""A drawing, and an uploaded image."""

LEFT, RIGHT = "left", "right"
PROJECTION, RIGHT_PROJECTION = "projection", "right-projection"
PERPLEXITY, ITERATIONS, UMAP_NEIGHBOURS, UMAP_DISTANCE = "perplexity", "iterations", "neighbours", "apart"
LAYOUT_SEED, NEIGHBOURS_K, COLOUR = "layout-seed", "k", "colour"
ALIGN_TO_SELECTION, LOST_MARGIN = "align-selection", "m"
AXIS, AXIS_FROM, AXIS_TO = "axis", "axis-from", "axis-to"
"""Whether images are laid along an axis, and the two groups whose means it joins."""
ISOLATED, MORE_VIEWS = "isolated", "views"
"""The isolated rows, which the maps show alone, and the maps after the first two."""

IMAGES, IMAGE_COUNT, IMAGE_CLASS, IMAGE_SEED = "images", "columns", "image-class", "image-seed"
ROW_NUMBERS, WORST_OF, DIFFERENT_WAY = "row-numbers", "worst-of", "different-way"
CODE, ERROR_MAP, NOISE_SEED = "code", "error-map", "noise"

ENDS, PAIR_SEED, FROM_ROW, TO_ROW, CLASS_A, CLASS_B = "ends", "pair-seed", "from-row", "to-row", "class-a", "class-b"
STEPS, WAY, CONFUSABLE_ARM, VOTERS, MANY_PAIRS, PATH_PLACE = "steps", "way", "judge", "voters", "many-pairs", "t"

MARGIN, SAMPLED, TRIPLET_TAB, TRIPLETS = "margin", "sampled", "view", "triplets"
GIVEN_PART, GIVEN_WORST_OF = "given", "given-worst-of"
"""Which given triplets are shown, and in which arm the worst come first."""
ANCHOR_CLASS, NEGATIVE_CLASS = "anchor-class", "negative-class"
LOSS_MARGIN = "loss-margin"

COST, MOST_COST, MOST_NATS = "cost", "accept", "accept-nats"
"""Cost that arms are compared by, and the greatest one that is accepted, in percent or in nats."""
LEAST_ACCURACY, SCORED_MARGIN = "need", "scored-margin"
"""The least accuracy of the advice in percent, and the margin of its accuracies."""

SWEEP, SWEEP_SHOWS, SWEEP_CELL, SWEEP_SEED = "sweep", "shows", "cell", "cell-seed"
"""The sweep that is shown, what the colours of its cells mean, and the chosen cell with one of its seeds."""

ASKED_CLASS, TEMPERATURE, SAMPLE_COUNT, SAMPLE_SEED = "ask", "temperature", "samples", "sample-seed"
MEASURED, SPACE = "measured", "space"
AROUND, TRAVERSAL_ROW, TRAVERSAL_STEPS = "around", "traversal-row", "traversal-steps"
INPUT_WAY = "from"
BRINGING = "bring"
"""What a person brings in on the page Your data: images or embeddings."""


def loss_weight(term: str) -> str:
    """Key of the slider of a loss term's weight."""
    return f"{term}-weight"


def own_row(role: str) -> str:
    """Key of the row that is a person's own anchor, positive or negative."""
    return f"own-{role.lower()}"


OWN_ROWS = tuple(map(own_row, ("Anchor", "Positive", "Negative")))
LOSS_WEIGHTS = tuple(map(loss_weight, ("triplet", "kl", "reconstruction")))

OF_RUN = frozenset(
    {
        ARMS,
        EPOCH,
        LEFT,
        RIGHT,
        MORE_VIEWS,
        WORST_OF,
        DIFFERENT_WAY,
        CONFUSABLE_ARM,
        TRIPLETS,
        GIVEN_WORST_OF,
        *LOSS_WEIGHTS,
        LOSS_MARGIN,
    }
)
"""Controls whose values belong to a run: another run has its own, and they come back with it."""
OF_DATA = frozenset({
    ROW_NUMBERS, FROM_ROW, TO_ROW, *OWN_ROWS, TRAVERSAL_ROW, JUDGED_BY,
})  # fmt: skip
"""Controls whose values belong to a data set: rows, and the notion of similarity."""
OF_NOTION = frozenset({IMAGE_CLASS, CLASS_A, CLASS_B, ANCHOR_CLASS, NEGATIVE_CLASS, ASKED_CLASS, AXIS_FROM, AXIS_TO})
"""Controls whose values belong to a notion of similarity of a data set: classes."""
IN_ADDRESS = frozenset({
    RUN, EPOCH, ARMS, JUDGED_BY, ROWS, ROW, FILTER, WATCHED, STROKES, INK, SIZE, LESSON, LESSON_STEP,
    LEFT, RIGHT, PROJECTION, RIGHT_PROJECTION, PERPLEXITY, ITERATIONS, UMAP_NEIGHBOURS, UMAP_DISTANCE, LAYOUT_SEED,
    NEIGHBOURS_K, COLOUR, ALIGN_TO_SELECTION, LOST_MARGIN, AXIS, AXIS_FROM, AXIS_TO, ISOLATED, MORE_VIEWS,
    IMAGES, IMAGE_COUNT, IMAGE_CLASS, IMAGE_SEED, ROW_NUMBERS, WORST_OF, DIFFERENT_WAY, CODE, ERROR_MAP, NOISE_SEED,
    ENDS, PAIR_SEED, FROM_ROW, TO_ROW, CLASS_A, CLASS_B, STEPS, WAY, CONFUSABLE_ARM, VOTERS, MANY_PAIRS, PATH_PLACE,
    MARGIN, SAMPLED, TRIPLET_TAB, TRIPLETS, ANCHOR_CLASS, NEGATIVE_CLASS, LOSS_MARGIN, *LOSS_WEIGHTS, *OWN_ROWS,
    ASKED_CLASS, TEMPERATURE, SAMPLE_COUNT, SAMPLE_SEED, MEASURED, SPACE, AROUND, TRAVERSAL_ROW, TRAVERSAL_STEPS,
    COST, MOST_COST, MOST_NATS, LEAST_ACCURACY, SCORED_MARGIN, SWEEP, SWEEP_SHOWS, SWEEP_CELL, SWEEP_SEED,
    INPUT_WAY, BRINGING, GIVEN_PART, GIVEN_WORST_OF,
})  # fmt: skip
"""Parameters that the address has as long as a page shows them."""
ON_EVERY_PAGE = (RUN, ARMS, EPOCH, JUDGED_BY, SIZE)
"""Parameters that links between pages carry."""
HIDDEN = "hidden"
IN_BROWSER = ("zoom", "zoom-right", HIDDEN)
"""Parameters of the address that the maps' JavaScript writes and reads: views of the maps, and hidden classes."""


# In the session alone

CONTROLS, SHOWN_IN_ADDRESS = "controls", "shown-in-address"
LESSON_ANSWERS, LESSON_MOMENT = "lesson-answers", "lesson-moment"
RUN_BEFORE = "run-before"
EPOCH_PLAYING, EPOCH_SHOWN = "epoch-playing", "epoch-shown"
PICKS, MAP_FILTERS, TRIPLETS_COUNTED, LAYOUTS, SEEN, IMAGES_MISSING = (
    "map-picks", "map-filters", "map-triplets-counted", "map-layouts", "map-seen", "map-images-missing",
)  # fmt: skip
TABLE, TABLE_PICKED = "map-table", "map-table-picked"
CHANGE_RANGE, FINDINGS_PAGE, SUB_STYLE_CLASS = "change-range", "findings-page", "sub-style-class"
OWN_DIGIT, OWN_RUNS, OWNER = "own-digit", "own-runs", "owner-token"
SIGN_OUT = "sign-out"
REPLAY = "replay"
TRAINING_FITS, TRAINING_MAP, TRAINING_FITTED_TO = "training-fits", "training-map", "training-plane"
TRAIN_PANEL, TRAIN_FORM, TRAIN_PRESET, TRAIN_MORE, TRAIN = (
    "train-panel", "train-form", "train-preset", "train-more", "train-start",
)  # fmt: skip
TRAIN_SOURCE, TRAIN_REFUSAL, TRAIN_WARMED = "train-source", "train-refusal", "train-warmed"
SWEEP_PANEL, SWEEP_MARGINS, SWEEP_WEIGHTS, SWEEP_SEEDS, SWEEP_NAME, SWEEP_START = (
    "sweep-panel", "sweep-margins", "sweep-weights", "sweep-seeds", "sweep-name", "sweep-start",
)  # fmt: skip
SWEEP_STARTED, SWEEP_REQUEST, SWEEP_CLICKED = "sweep-started", "sweep-request", "sweep-clicked"
SWEEP_PAUSE, SWEEP_RESUME, SWEEP_CANCEL, SWEEP_RETRY = "sweep-pause", "sweep-resume", "sweep-cancel", "sweep-retry"
SWEEP_MAP, SWEEP_ROW, SWEEP_FIELDS, SWEEP_SHOW, SWEEP_CSV = (
    "sweep-map", "charts-sweep", "sweep-fields", "sweep-show", "sweep-csv",
)  # fmt: skip
MARGIN_SLIDER = "margin-slider"
PICKING, PICKING_CLASS, PICKING_PAGE = "picking", "picking-class", "picking-page"
CROP_ACROSS, CROP_DOWN = "crop-across", "crop-down"
UPLOAD, RUN_ZIP, FIND_RUNS, RUN_STATES = "upload", "runs-zip", "runs-find", "runs-states"
TRIPLET_FILE, TRIPLET_ROWS, TRIPLET_SOURCE = "triplet-file", "triplet-rows", "triplet-source"
BROUGHT_TRIPLETS, TRIPLETS_SKIPPED = "triplets-brought", "triplets-skipped"
TRIPLET_SHARE, TRIPLET_QUESTION = "triplet-share", "triplet-question"
DATA_FILE, DATA_PATH, DATA_SET, DATA_TABLE = "data-file", "data-path", "data-set", "data-table"
DATA_TRIPLETS = "data-triplets"
EMBEDDINGS_A, EMBEDDINGS_B, EMBEDDINGS_MORE, EMBEDDINGS_LABELS, EMBEDDINGS_IMAGES = (
    "embeddings-first", "embeddings-second", "embeddings-more", "embeddings-labels", "embeddings-images",
)  # fmt: skip
MANY_FILE, MANY_PATH, MANY_READ, MANY_CANCEL, MANY_TABLE = (
    "many-file", "many-path", "many-read", "many-cancel", "many-table",
)  # fmt: skip
TAKE_AWAY, TAKE_AWAY_BODY, TAKING_AWAY, TAKE_AWAY_START, TAKE_AWAY_CANCEL, TAKE_AWAY_FILE, TAKE_AWAY_ANOTHER = (
    "take-away", "take-away-body", "taking-away", "take-away-start", "take-away-cancel", "take-away-file",
    "take-away-another",
)  # fmt: skip
TITLE_ROW = "title-row"
DATA_READ, DATA_KEEP, DATA_CANCEL, DATA_OPEN = "data-read", "data-keep", "data-cancel", "data-open-map"


def triplet_answer(number: int) -> str:
    """Key of the button that answers a question with this image; 0 skips it."""
    return f"triplet-answer-{number}"


def train(setting: str) -> str:
    """Key of a setting in the training panel."""
    return f"train-{setting}"


def sweep_epochs(run: str) -> str:
    """Key of the epochs of a sweep that is made from this run."""
    return f"sweep-epochs-{run}"


def keeping(setting: str, source: int) -> str:
    """Key of a choice of how the images of a source are kept."""
    return f"keep-{setting}-{source}"


def embeddings(part: str, number: int) -> str:
    """Key of a field or a button of the embeddings that are being brought in."""
    return f"embeddings-{part}-{number}"


def take_away(choice: str, run: str = "") -> str:
    """Key of a choice in the menu that takes a run away; of a run where the choices are its own."""
    return f"take-away-{choice}-{run}" if run else f"take-away-{choice}"


def of_data_set(part: str, name: str) -> str:
    """Key of a field or a button of an own data set."""
    return f"data-{part}-{name}"


def slider_opened(name: str) -> str:
    """Key of the first position of a slider in the browser."""
    return f"{name}-opened"


def slider_left(name: str) -> str:
    """Key of the last position of a slider in the browser."""
    return f"{name}-left"


# Parts of pages: charts, buttons, browser components, and containers that a style sheet names

MAP_CODE, PATH, DRAWING, END_PICKER = "latent-map-code", "path", "drawing", "end-picker"
ISOLATE, ISOLATION, SHOW_ALL_ROWS = "isolate", "isolation", "show-all-rows"
MAP_WAITING, MAP_CONTROLS = "map-waiting", "map-controls"
MAP_BODY, MAP_MAIN, MAP_DRAWER = "map-body", "map-main", "map-drawer"
"""Parts of the map page below its controls: all of it, the maps with what stands below them, and the drawer."""
DRAWER_HEADING, DRAWER_TABS, DRAWER_ANSWERED = "map-drawer-heading", "map-drawer-tabs", "map-drawer-answered"
SELECTION_FIGURES, ROW_TABLE = "selection-figures", "row-table"
CHARTS, CLASS_CHARTS, ARM_PLAYER = "charts", "charts-of-classes", "arm-player"
ARM_IMAGES, MEASURES = "arm-images", "measures"
TRADE_CHART, TRADE_ROW, ELBO_CHART = "trade", "charts-trade", "elbo-parts"
ADVICE, HEADLINE, ADVICE_DETAILS = "advice", "headline", "advice-details"
OWN_DIGIT, OWN_ABOVE, OWN_HAND = "own-digit", "own-above", "own-hand"
OWN_DOUBTS, OWN_MAPS, OWN_RESULTS, OWN_VOTES = "own-doubts", "own-maps", "own-results", "own-votes"
OWN_RECONSTRUCTIONS = "own-reconstructions"
"""Parts of the page of one's own digit, which page.css puts below each other in another order on a narrow page."""
ERRORS_BY_CLASS, VOTE, CLASSES_SEEN = "errors-by-class", "vote", "seen"
TRAIN_CLASSIFIER = "train-classifier"
CURVES, GAPS, LIVE_ACCURACY, LIVE_LOSSES = "curves", "gaps", "live-accuracy", "live-losses"
CHOSEN_IMAGES, FIRST_IMAGES, START_IMAGES, STEP_IMAGES = "shown", "early", "start", "step-images"
FIT_ANEW, TRAIN_THIS, TRAIN_LADDER, MEASURE = "map-fit-anew", "train-this", "train-ladder", "measure"
(
    LESSON_PLACE, LESSON_IDEA, LESSON_SCENE, LESSON_QUESTION,
    LESSON_WAYS, LESSON_NEXT, LESSON_FORWARD, LESSON_LEAVE, LESSON_MAP,
) = (
    "lesson-place", "lesson-idea", "lesson-scene", "lesson-question",
    "lesson-ways", "lesson-next", "lesson-forward", "lesson-leave", "lesson-map",
)  # fmt: skip
ANSWER, MOVING_TRIPLET, MOVING_TRIPLET_PLACE = "answer", "moving-triplet", "moving-triplet-place"
KEPT_FREE = "kept-free"
OVERVIEW_TABLE = "overview-table"
STATUS_STOP, STATUS_HIDE, STATUS_SHOW = "status-stop", "status-hide", "status-show"
STATUS_MAP, STATUS_WATCH = "status-map", "status-watch"
STATUS_ON_PAGE, STATUS_HERE = "status-on-page", "status-here"
COMPARISON = "comparison"


def lesson_field(step: int, part: str) -> str:
    """Key of a field, or of the form, that answers the question of a step of the lesson."""
    return f"lesson-{step}-{part}"


def overview_map(run: str) -> str:
    """Key of the overview's map of a run."""
    return f"overview-{run}"


def latent_map(fingerprint: str) -> str:
    """Key of the maps of the images of this fingerprint, so that zoom and selection stay with them."""
    return f"map-{fingerprint[:8]}"


def training_map(run_id: str) -> str:
    """Key of the map of a run under way."""
    return f"training-{run_id}"


def map_part(map_key: str, part: str) -> str:
    """Key of a block of data that a map sends to the browser by itself."""
    return f"{map_key}-{part}"


def map_answered(map_key: str) -> str:
    """Key of the number of the last gesture on a map that the page took over."""
    return f"{map_key}-answered"


def map_filtered(map_key: str) -> str:
    """Key of the number of the last change of a map's filters that the page took over."""
    return f"{map_key}-filtered"


def neighbours_of(map_key: str) -> str:
    """Key of the neighbour panel beside a map."""
    return f"neighbours-{map_key}"


def axis_chart(place: int) -> str:
    """Key of the chart of images along an axis."""
    return f"axis-chart-{place}"


def saved_selection(action: str, name: str = "") -> str:
    """Key of a field or a button of the saved selections."""
    return f"saved-{action}-{name}"


def image_grid(size: str, name: str) -> str:
    """Key of the container of an image grid."""
    return f"image-grid-{size}-{name}"


def layout_cancel(layout_key: str) -> str:
    """Key of the button that cancels a layout."""
    return f"cancel-{layout_key[:12]}"


def layout_again(layout_key: str) -> str:
    """Key of the button that asks for a layout again."""
    return f"again-{layout_key[:12]}"


def show_changed(which: str) -> str:
    """Key of the button that selects the most or the least changed."""
    return f"show-{which}"


def finding(rank: int) -> str:
    """Key of the button that selects a finding's images."""
    return f"finding-{rank}"


def sub_style(side: str, number: int) -> str:
    """Key of the button that selects a group of the chosen class, in the left or the right space."""
    return f"sub-style-{side}-{number}"


def class_matrix(place: int) -> str:
    """Key of a heat map of classes."""
    return f"matrices-{place}"


def refusal(place: str) -> str:
    """Key of the reason why a change of a run was not made."""
    return f"refusal-{place}"


def slow_mode(run_id: str) -> str:
    """Key of the switch of a run's slow mode."""
    return f"slow-{run_id}"


def step_chart(arm: str) -> str:
    """Key of the chart that explains one step of an arm."""
    return f"step-{arm}"


def compared_with(run: str) -> str:
    """Key of the choice of the run that a run is compared with."""
    return f"compared-with-{run}"


def undelete(run_id: str) -> str:
    """Key of the button that takes a deletion back."""
    return f"undelete-{run_id}"


def sign_in(provider: str) -> str:
    """Key of the button that signs in with a provider; of the only one, without a name."""
    return f"sign-in-{provider}"
