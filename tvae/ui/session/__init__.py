"""State of the session and of the address: the one place that reads or writes either.

    browser_slider.py  Position of a slider that moves in the browser alone
    controls.py        Values of controls: in the address, fitted to the run that is shown, and kept by run
    identity.py        Identity of the person at the page: who their training runs belong to
    keys.py            Every key of the session, of widgets and of the address
    lesson.py          The step of the lesson that the address asks for, and the answers that were given
    map_filters.py     MapFilters: which rows of a split pass the filters beside the maps
    maps.py            Layouts that this session asked for, and whether it does something for the first time
    own_image.py       OwnDigit: the image that a person drew or sent
    picked_rows.py     Picks: rows that are picked among the images of a split
    runs.py            The run that is shown, and this person's training runs
    values.py          Reads and writes values in the session and in the address

Pages and their parts take keys from `keys` and read and write through this room.
"""

from tvae.ui.session.browser_slider import keep_place, opened_at
from tvae.ui.session.controls import (
    belong_to,
    choice,
    choices,
    choose,
    close_address,
    judge_by,
    leave_out,
    link_parameters,
    note,
    notes,
    number,
    open_address,
    requested_text,
    shared_parameters,
    switch,
    text,
    value_for_data,
    value_of,
)
from tvae.ui.session.identity import (
    account_name,
    is_signed_in,
    owner,
    sign_in_is_asked,
    sign_in_is_broken,
    sign_in_providers,
)
from tvae.ui.session.lesson import (
    LessonAnswers,
    keep_out_of_lesson,
    leave_lesson,
    lesson_answers,
    lesson_is_open,
    lesson_parameters,
    lesson_step,
    put_lesson_in_address,
)
from tvae.ui.session.map_filters import MapFilters, map_filters, put_map_filters_in_address
from tvae.ui.session.maps import Layouts, first_time, layouts
from tvae.ui.session.own_image import OwnDigit, own_digit, put_own_digit_in_address
from tvae.ui.session.picked_rows import FEWEST_ISOLATED, Picks, picks, put_picks_in_address
from tvae.ui.session.runs import (
    OwnRuns,
    choose_run,
    own_runs,
    put_training_in_address,
    remember_run_before,
    shown_before,
)
from tvae.ui.session.values import (
    address,
    chosen_points,
    forget,
    in_address,
    is_set,
    kept,
    put_in_address,
    read,
    take,
    write,
)

__all__ = [
    "FEWEST_ISOLATED",
    "Layouts",
    "LessonAnswers",
    "MapFilters",
    "OwnDigit",
    "OwnRuns",
    "Picks",
    "account_name",
    "address",
    "belong_to",
    "choice",
    "choices",
    "choose",
    "choose_run",
    "chosen_points",
    "close_address",
    "first_time",
    "forget",
    "in_address",
    "is_set",
    "is_signed_in",
    "judge_by",
    "keep_out_of_lesson",
    "keep_place",
    "kept",
    "layouts",
    "leave_lesson",
    "leave_out",
    "lesson_answers",
    "lesson_is_open",
    "lesson_parameters",
    "lesson_step",
    "link_parameters",
    "map_filters",
    "note",
    "notes",
    "number",
    "open_address",
    "opened_at",
    "own_digit",
    "own_runs",
    "owner",
    "picks",
    "put_in_address",
    "put_lesson_in_address",
    "put_map_filters_in_address",
    "put_own_digit_in_address",
    "put_picks_in_address",
    "put_training_in_address",
    "read",
    "remember_run_before",
    "requested_text",
    "shared_parameters",
    "shown_before",
    "sign_in_is_asked",
    "sign_in_is_broken",
    "sign_in_providers",
    "switch",
    "take",
    "text",
    "value_for_data",
    "value_of",
    "write",
]  # fmt: skip
