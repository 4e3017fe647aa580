"""Every callback of a widget answers wrong input and a failing disk in one line; none ends in a traceback."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
FILES = sorted((*(ROOT / "tvae" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "streamlit_app.py"))
_CALLBACK = re.compile(r"on_(click|change|submit|select|[a-z]+_change)|callback")
_FIRST_IN_PLACE = {"button": 3, "form_submit_button": 2, "checkbox": 4, "toggle": 4, "text_input": 6, "selectbox": 6}
"""Place of the callback among the arguments of widgets that take it without its name too."""


def callbacks(tree: ast.AST) -> Iterator[ast.expr]:
    """What widgets are given as callbacks, by name, in a dict of named arguments, or by place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (each.value for each in node.keywords if each.arg and _CALLBACK.fullmatch(each.arg))
            if isinstance(node.func, ast.Attribute):
                yield from node.args[_FIRST_IN_PLACE.get(node.func.attr, len(node.args)) :][:1]
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and _CALLBACK.fullmatch(key.value):
                    yield value


def is_answered(callback: ast.expr) -> bool:
    """Whether a callback is `request` or made by `answered`; one that does nothing and a word such as "rerun" may."""
    if isinstance(callback, ast.Lambda):
        return isinstance(callback.body, ast.Constant) or is_answered_call(callback.body)
    if isinstance(callback, ast.Name):
        return callback.id == "request"
    return isinstance(callback, ast.Constant) or is_answered_call(callback, "answered")


def is_answered_call(node: ast.expr, name: str = "request") -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def unanswered(source: str) -> list[str]:
    """The callbacks of a source that could end in a traceback."""
    return [ast.unparse(each) for each in callbacks(ast.parse(source)) if not is_answered(each)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_callback_is_answered(path):
    assert unanswered(path.read_text(encoding="utf-8")) == []


def test_there_are_callbacks_to_hold_to_it():
    assert sum(len(list(callbacks(ast.parse(path.read_text(encoding="utf-8"))))) for path in FILES) > 80


@pytest.mark.parametrize(
    "planted",
    [
        "st.button('Go', on_click=delete)",
        "st.button('Go', on_click=jobs.delete, args=(1,))",
        "st.button('Go', on_click=lambda: delete(1))",
        "st.button('Go', None, None, delete)",
        "st.text_input('Name', on_change=functools.partial(request, delete))",
        "st.dataframe(table, on_select=lambda: take(table))",
        "_table(on_pick_change=picked)",
        "again = {'on_change': take}",
        "st.form_submit_button('Go', on_submit=keep)",
    ],
)
def test_a_planted_violation_is_found(planted):
    assert len(unanswered(planted)) == 1


@pytest.mark.parametrize(
    "right",
    [
        "st.button('Go', on_click=request, args=(PLACE, delete))",
        "st.button('Go', on_click=answered(delete), args=(1,))",
        "st.toggle('Slow', on_change=lambda: request(PLACE, slow))",
        "st.download_button('CSV', on_click='ignore')",
        "_player(on_at_change=lambda: None)",
    ],
)
def test_what_is_right_passes(right):
    assert unanswered(right) == []


def script() -> None:
    import streamlit as st

    from tvae.errors import InputError
    from tvae.ui.requests import answered, request, show_refusal

    def refuse(kind: str) -> None:
        raise {"input": InputError("name: /srv/lab/runs/x is taken"), "disk": OSError(28, "No space left", "/srv/a")}[
            kind
        ]

    st.button("input", on_click=answered(refuse), args=("input",))
    st.button("disk", on_click=request, args=("here", refuse, "disk"))
    show_refusal()
    show_refusal("here")


@pytest.mark.parametrize(("button", "line"), [(0, "Not done. name: x is taken."), (1, "Not done. a: No space left.")])
def test_a_refused_callback_leaves_the_page_with_one_line_once(button, line):
    app = AppTest.from_function(script).run()
    app.button[button].click().run()
    assert not app.exception
    assert [error.value for error in app.error] == [line]
    assert not app.run().error
