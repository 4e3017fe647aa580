"""One room touches the session and the address, and names every key; the check is shown to fail when it should."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tvae.ui.session import keys

ROOT = Path(__file__).parents[2]
OWNER = ROOT / "tvae" / "ui" / "session"


def files() -> list[Path]:
    """Every Python file of the app outside the room that owns keys."""
    every = [*(ROOT / "tvae" / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "streamlit_app.py"]
    return sorted(path for path in every if OWNER not in path.parents)


def violations(source: str) -> list[str]:
    """Each touch of the session or the address, and each key that is spelt out, as one line."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in ("session_state", "query_params"):
            lines.append(f"{node.lineno}: {node.attr}")
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("streamlit"):
            taken = {alias.name for alias in node.names} & {"session_state", "query_params"}
            lines += [f"{node.lineno}: {name}" for name in sorted(taken)]
        if isinstance(node, ast.keyword) and node.arg == "key" and isinstance(node.value, ast.Constant | ast.JoinedStr):
            lines.append(f"{node.value.lineno}: a key that is spelt out")
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.JoinedStr):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            lines += [f"{node.lineno}: a key that is spelt out"] * names.count("key")
    return lines


def test_only_one_room_touches_the_session_and_the_address():
    found = {str(path.relative_to(ROOT)): lines for path in files() if (lines := violations(path.read_text()))}
    assert found == {}


@pytest.mark.parametrize(
    ("line", "violation"),
    [
        ("st.session_state['a'] = 1", "1: session_state"),
        ("a = st.query_params.get('a')", "1: query_params"),
        ("from streamlit import session_state", "1: session_state"),
        ("st.button('A', key='a')", "1: a key that is spelt out"),
        ("st.button('A', key=f'a-{b}')", "1: a key that is spelt out"),
        ("key = f'a-{b}'", "1: a key that is spelt out"),
    ],
)
def test_a_planted_violation_is_found(line, violation):
    assert violations(line) == [violation]


def test_no_two_names_are_one_key():
    values = [value for name, value in vars(keys).items() if name.isupper() and isinstance(value, str)]
    assert len(values) == len(set(values))


def test_names_in_the_address_stay_as_links_have_them():
    """Links are kept and sent around; a changed name would open another view without a word."""
    assert (keys.RUN, keys.ARMS, keys.EPOCH, keys.ROWS, keys.ROW) == ("run", "arms", "epoch", "rows", "row")
    assert (keys.LEFT, keys.RIGHT, keys.PROJECTION, keys.COLOUR) == ("left", "right", "projection", "colour")
    assert (keys.MARGIN, keys.TRIPLETS, keys.TRIPLET_TAB) == ("margin", "triplets", "view")
    assert (keys.ASKED_CLASS, keys.TEMPERATURE, keys.ENDS, keys.PATH_PLACE) == ("ask", "temperature", "ends", "t")
    assert (keys.STROKES, keys.INK, keys.WATCHED) == ("strokes", "ink", "watch")


CONTROLS = ("number", "choice", "choices", "switch", "text")


def controls(source: str) -> dict[str, set[str]]:
    """Kind and range or options of the controls in a source, by key."""
    described: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {f"state.{kind}" for kind in CONTROLS}:
            key, *values = map(ast.unparse, node.args)
            described.setdefault(key, set()).add(f"{ast.unparse(node.func)}({', '.join(values)})")
    return described


def test_no_key_has_two_ranges_or_types():
    """Else a page would show, and write into the address, what another page's control can't hold."""
    described: dict[str, set[str]] = {}
    for path in files():
        for key, values in controls(path.read_text()).items():
            described.setdefault(key, set()).update(values)
    described.pop("key")  # both class choices of the triplets page, by a loop
    assert {key: values for key, values in described.items() if len(values) > 1} == {}
    assert len(described) > 40


def test_two_ranges_of_a_key_are_seen():
    described = controls("state.number(keys.STEPS, 5, 21, 11)\nstate.number(keys.STEPS, 3, 15, 9)")
    assert len(described["keys.STEPS"]) == 2


def test_every_control_s_parameter_leaves_the_address_with_it():
    names = {key.removeprefix("keys.") for path in files() for key in controls(path.read_text())}
    values = {getattr(keys, name) for name in names if name.isupper()}
    assert values - keys.IN_ADDRESS == set()
