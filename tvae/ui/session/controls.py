"""Values of controls: in the address, fitted to the run that is shown, and kept by run.

A page describes a control before it draws it: `st.slider("Steps", **number(keys.STEPS, 5, 21, 11))`. The value is the
first of these that there is: what code chose (`choose`), what the address asks for when a person opens it or goes back
to it, what the control shows, what it showed last under this run, the default. It is made to fit, with a note where
the address asked for something else, and written into the address unless it is the default.

Streamlit can bind a widget to the address itself. It is not used: it drops what nobody has touched when another page
is opened, corrects an address without a word, and puts labels where a link needs names.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from tvae.ui.session import keys
from tvae.ui.session.values import is_set, kept, put_in_address, read, remove_unshown, start_address, write

ROWS_ASKED = (keys.ROWS, keys.ROW, keys.ISOLATED)
"""Parameters of the address that name rows."""
MOST_LINKS = 64
"""Most links that are remembered: a page has few of them, but draws them again with other rows."""
LONGEST_TEXT = 40
"""Most characters that a note repeats of an address."""


class _Kind(Protocol):
    """Values that a control may have, and their form in the address."""

    @property
    def default(self) -> Any:
        """The value until another is chosen."""
        ...

    def read(self, texts: list[str]) -> Any:
        """The value that these texts of the address stand for; None where they stand for none."""
        ...

    def fitted(self, value: Any) -> Any:
        """The possible value nearest to this one; the default where no value corresponds to it."""
        ...

    def texts(self, value: Any) -> list[str]:
        """The value as texts of the address."""
        ...


@dataclass(frozen=True)
class _Number:
    low: float
    high: float
    default: float

    def read(self, texts: list[str]) -> float | None:
        try:
            value = float(texts[-1])
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def fitted(self, value: float) -> float:
        near = min(max(value, self.low), self.high)
        return round(near) if isinstance(self.default, int) else float(near)

    def texts(self, value: float) -> list[str]:
        return [f"{value:.15g}"]


@dataclass(frozen=True)
class _Choice:
    options: tuple[Any, ...]
    default: Any
    text: Callable[[Any], str] = field(compare=False)

    def read(self, texts: list[str]) -> Any:
        matches = (option for option in self.options if texts[-1] in (self.text(option), str(option)))
        return next(matches, None)

    def fitted(self, value: Any) -> Any:
        return value if value in self.options else self.default

    def texts(self, value: Any) -> list[str]:
        return [self.text(value) if value in self.options else str(value)]


@dataclass(frozen=True)
class _Choices:
    one: _Choice
    default: list[Any]

    def read(self, texts: list[str]) -> list[Any]:
        read = [(text, self.one.read([text])) for text in texts]
        return [text if option is None else option for text, option in read]

    def fitted(self, value: list[Any]) -> list[Any]:
        possible = [option for option in value if option in self.one.options]
        return possible if possible or not value else self.default

    def texts(self, value: list[Any]) -> list[str]:
        return [text for option in value for text in self.one.texts(option)]


@dataclass(frozen=True)
class _Text:
    default: str

    def read(self, texts: list[str]) -> str:
        return texts[-1]

    def fitted(self, value: str) -> str:
        return value

    def texts(self, value: str) -> list[str]:
        return [value]


@dataclass
class _Drawn:
    """Page, scope, kind and value of a control when it was last drawn."""

    page: str
    scope: tuple[object, ...]
    kind: _Kind
    value: Any


@dataclass
class _Controls:
    """This session's controls."""

    page: str = ""
    run: str = ""
    data: str = ""
    """Fingerprint of the run's test split."""
    notion: str = ""
    """Name of the notion of similarity that it is judged by."""
    requested: dict[str, list[str]] = field(default_factory=dict)
    """Texts of the address that no control has taken yet, by key."""
    chosen: dict[str, Any] = field(default_factory=dict)
    """Values chosen by code that no control has taken yet, by key."""
    kept: dict[tuple[object, ...], Any] = field(default_factory=dict)
    """Values other than the default by scope and key: a scope is a run, a data set, a notion of it, or nothing."""
    drawn: dict[str, _Drawn] = field(default_factory=dict)
    links: deque[dict[str, list[str]]] = field(default_factory=lambda: deque(maxlen=MOST_LINKS))
    """Parameters of the links drawn last whose pages take what they ask for."""
    notes: dict[str, tuple[Any, str]] = field(default_factory=dict)
    """Notes by key: the value that is shown in place of the requested one, and a sentence about it."""

    def scope(self, key: str) -> str:
        """The name of the run, data set or notion that the control's values belong to; "" for none."""
        if key in keys.OF_NOTION:
            return f"{self.data} {self.notion}"
        return self.run if key in keys.OF_RUN else self.data if key in keys.OF_DATA else ""


def _controls() -> _Controls:
    return kept(keys.CONTROLS, _Controls)


def open_address(page: str) -> None:
    """Take what the address asks for; to be called first in every script run of a page."""
    controls = _controls()
    start_address()
    context = get_script_run_ctx()
    asked = {name: st.query_params.get_all(name) for name in st.query_params}
    by_link = controls.page != page and asked in controls.links
    if not controls.page or by_link or (context is not None and context.is_history_navigation):
        controls.requested = asked
    elif controls.page != page:
        controls.requested.clear()
    if controls.page != page:
        controls.page = page
        controls.notes.clear()


def belong_to(run: str, data: str, notion: str) -> None:
    """Use this run's, this data set's and this notion's values for the controls that are drawn from now on."""
    controls = _controls()
    controls.run, controls.data, controls.notion = run, data, notion


def judge_by(notion: str) -> None:
    """Use this notion's values for the controls that are drawn from now on."""
    _controls().notion = notion


def close_address() -> None:
    """Remove from the address what this script run did not show; to be called last."""
    controls = _controls()
    # Rows are picked where a page first shows picks: that may be after a choice on the page that the address opens.
    controls.requested = {key: texts for key, texts in controls.requested.items() if key in ROWS_ASKED}
    remove_unshown(keys.IN_ADDRESS)


def leave_out(key: str, sentence: str) -> None:
    """Leave out a control where a run has nothing to choose; an address that asks for it gets this sentence."""
    if _controls().requested.pop(key, None) is not None:
        note(key, sentence)


def requested_text(key: str) -> str:
    """Text in the address for a control that has not taken it yet."""
    return (_controls().requested.get(key) or [""])[-1]


def notes() -> list[str]:
    """Sentences on requests of the address that can't be shown."""
    return [sentence for _, sentence in _controls().notes.values()]


def note(key: str, sentence: str) -> None:
    """Note a value of the address that was ignored, of a parameter without a Streamlit control; "" removes the note."""
    controls = _controls()
    controls.notes.pop(key, None)
    if sentence:
        controls.notes[key] = None, sentence


def choose(key: str, value: Any) -> None:
    """Set a control from code: it takes the value where it is drawn next, on whichever page."""
    _controls().chosen[key] = value


def value_of(key: str, default: Any = None) -> Any:
    """The value of a control as it was drawn last."""
    drawn = _controls().drawn.get(key)
    return default if drawn is None else drawn.value


def value_for_data(key: str, data: str) -> Any:
    """The value of a control that belongs to a data set, where that is the one that is shown; else None."""
    controls = _controls()
    drawn = controls.drawn.get(key)
    return drawn.value if drawn is not None and drawn.scope == (data, "") == (controls.data, "") else None


def shared_parameters() -> dict[str, list[str]]:
    """Parameters of the address for the choices that hold on every page."""
    controls = _controls()
    drawn = {key: controls.drawn[key] for key in keys.ON_EVERY_PAGE if key in controls.drawn}
    return {
        key: control.kind.texts(control.value)
        for key, control in drawn.items()
        if control.value != control.kind.default and control.scope == (controls.scope(key), "")
    }


def link_parameters(**asked: str | list[str] | None) -> dict[str, list[str]]:
    """Parameters of a link to another page, which takes these values besides what every page shows.

    Other links only say what is shown: what a person chose since they were drawn counts more than they do.
    """
    shared = shared_parameters()
    if asked.get(keys.RUN) not in (None, value_of(keys.RUN)):  # arms and epoch are of the run that is shown
        shared = {name: texts for name, texts in shared.items() if name == keys.SIZE}
    parameters = shared | {name: [text] if isinstance(text, str) else text for name, text in asked.items() if text}
    _controls().links.append(parameters)
    return parameters


def take_request(key: str) -> str | None:
    """What the address asks of what is no control of Streamlit's; None where it asks nothing, or once it is taken."""
    texts = _controls().requested.pop(key, None)
    return None if texts is None else texts[-1]


def number(
    key: str,
    low: float,
    high: float,
    default: float,
    *,
    within: object = "",
    formerly: str = "",
    explain: Callable[[str], str] | None = None,
) -> dict[str, Any]:
    """Arguments of a slider or a number field; whole numbers where the default is one.

    Args:
        within: what the value belongs to besides the run or data; another one has its own value.
        formerly: the parameter's name in links that were made by earlier versions.
        explain: why the text of an address is no such number, as a sentence; it follows what is shown.
    """
    requested = _controls().requested
    if formerly in requested:
        requested.setdefault(key, requested.pop(formerly))
    _draw(key, _Number(low, high, default), within, explain=explain)
    return {"key": key, "min_value": low, "max_value": high, "value": value_of(key)}


def choice(
    key: str,
    options: Sequence[Any],
    default: Any,
    *,
    text: Callable[[Any], str] = str,
    within: object = "",
    followed: bool = True,
    explain: Callable[[str], str] | None = None,
    default_as: str = "index",
) -> dict[str, Any]:
    """Arguments of a control that chooses one option.

    Args:
        text: an option in the address.
        within: what the value belongs to besides the run or data; another one has its own value.
        followed: whether the page shows what is chosen; else the value is kept for other pages, out of the address.
        default_as: the widget's argument for what it shows at first, which must be right too: where two script runs
            follow each other closely, the browser may see the second one alone, and send back what it shows.
        explain: why the text of an address names no option, as a sentence; it follows what is shown.
    """
    _draw(key, _Choice(tuple(options), default, text), within, followed, explain)
    value = value_of(key)
    return {"key": key, "options": options, default_as: options.index(value) if default_as == "index" else value}


def choices(
    key: str, options: Sequence[Any], default: list[Any], *, text: Callable[[Any], str] = str
) -> dict[str, Any]:
    """Arguments of a control that chooses several options."""
    _draw(key, _Choices(_Choice(tuple(options), None, text), default))
    return {"key": key, "options": options, "default": value_of(key)}


def switch(key: str) -> dict[str, Any]:
    """Arguments of a toggle that is off at first."""
    _draw(key, _Choice((False, True), False, lambda on: str(on).lower()))
    return {"key": key, "value": value_of(key)}


def text(key: str, default: str) -> dict[str, Any]:
    """Arguments of a text field."""
    _draw(key, _Text(default))
    return {"key": key, "value": value_of(key)}


def _draw(
    key: str, kind: _Kind, within: object = "", followed: bool = True, explain: Callable[[str], str] | None = None
) -> None:
    """Settle the value of a control that is drawn next: in the session, among the kept values and in the address."""
    controls = _controls()
    scope = (controls.scope(key), within)
    last = controls.drawn.get(key)
    if last is not None and (last.page, last.scope) != (controls.page, scope):
        last = None
    requested = controls.requested.pop(key, None)
    wanted = _wanted(key, kind, scope, last, requested)
    value = kind.default if wanted is None else kind.fitted(wanted)
    # An unneeded write would stop a slider that is being moved.
    if last is None or last.kind != kind or not is_set(key) or read(key) != value:
        write(key, value)
    controls.drawn[key] = _Drawn(controls.page, scope, kind, value)
    if (
        wanted is not None
    ):  # what another run can't show comes back with a run that can; what an address got wrong does not
        controls.kept[scope, key] = wanted if requested is None else value
    if (requested is not None and wanted is None) or (wanted is not None and wanted != value):
        asked = ", ".join(requested or kind.texts(wanted))[:LONGEST_TEXT]
        why = explain(asked) if explain is not None else f"{key} can't be {asked!r} here."
        controls.notes[key] = value, f"{why} Shown is {', '.join(kind.texts(value))}."
    elif key in controls.notes and controls.notes[key][0] != value:
        del controls.notes[key]
    put_in_address(key, None if value == kind.default or not followed else kind.texts(value))


def _wanted(key: str, kind: _Kind, scope: tuple[object, ...], last: _Drawn | None, requested: list[str] | None) -> Any:
    """The value that code, the address or a person asks for; None where there is none, or the address's is invalid."""
    controls = _controls()
    if key in controls.chosen:
        return controls.chosen.pop(key)
    if requested is not None:
        return kind.read(requested)
    if last is not None and is_set(key) and read(key) != last.value:
        return read(key)  # a person moved it
    return controls.kept.get((scope, key))
