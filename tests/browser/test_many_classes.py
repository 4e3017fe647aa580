"""Names, lines and legend of maps of ten to a thousand classes, in a real Chromium."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser import many_classes_app as app
from tvae.linked_map.browser_code import CODE

RECORD = """() => {
  const written = (window.written = new Map());
  const write = CanvasRenderingContext2D.prototype.fillText;
  const clear = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...rest) {
    written.set(this.canvas.dataset.testid, []);
    return clear.apply(this, rest);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const {width, fontBoundingBoxAscent: up, fontBoundingBoxDescent: down} = this.measureText(text);
    written.get(this.canvas.dataset.testid)?.push([text, x - width / 2, y - up, x + width / 2, y + down]);
    return write.call(this, text, x, y);
  };
}"""
"""Notes what is written on each canvas since its points were drawn, and the box of each text."""


@pytest.fixture
def open_maps(browser: Any, streamlit_app: Callable[[Path], str]) -> Iterator[Callable[..., Any]]:
    """Opens maps of so many classes; a test fails if the page's code raised an error."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
    context.add_init_script(f"({RECORD})()")
    thrown: list[str] = []

    def opened(classes: int, query: str = "") -> Any:
        page = context.new_page()
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.goto(f"{streamlit_app(Path(app.__file__))}/?classes={classes}{query}")
        page.locator(f"[data-testid=map-left][data-rows='{app.ROWS}']").wait_for(timeout=60_000)
        page.wait_for_timeout(1000)
        return page

    yield opened
    context.close()
    assert thrown == []


def names_on(page: Any, side: str) -> list[tuple[str, float, float, float, float]]:
    """Names that stand on a map now, and their boxes in its pixels."""
    return [tuple(name) for name in page.evaluate("side => window.written.get(side)", f"map-{side}")]


def check_apart(page: Any, side: str, names: list[tuple[str, float, float, float, float]]) -> None:
    canvas = page.get_by_test_id(f"map-{side}")
    width, height = canvas.evaluate("c => [c.width, c.height]")
    for (a, *one), (b, *other) in itertools.combinations(names, 2):
        meet = one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
        assert not meet, (a, b)
    for name, x0, y0, x1, y1 in names:
        assert x0 >= 0 and x1 <= width and y0 >= -2 and y1 <= height + 2, name


@pytest.mark.parametrize(("classes", "least"), [(10, 8), (100, 12), (1000, 12)])
def test_names_never_meet_and_more_come_as_one_zooms_in(open_maps, classes, least):
    page = open_maps(classes)
    first = {side: names_on(page, side) for side in ("left", "right")}
    for side, names in first.items():
        assert len(names) >= least
        check_apart(page, side, names)
        assert all(len(name) <= 22 for name, *_ in names)
    if classes == 10:
        return
    box = page.get_by_test_id("map-left").bounding_box()
    seen = {name for name, *_ in first["left"]}
    for _ in range(4):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.wheel(0, -300)
        page.wait_for_timeout(300)
        names = names_on(page, "left")
        assert names
        check_apart(page, "left", names)
        seen |= {name for name, *_ in names}
    assert len(seen) > len(first["left"]) + 3


def test_the_most_frequent_classes_have_their_names(open_maps):
    page = open_maps(100)
    counts = np.bincount(app.labels(100))
    drawn = {name for name, *_ in names_on(page, "left")}
    frequent = np.argsort(-counts)[:5]
    cut = [name if len(name) <= 22 else f"{name[:21]}…" for name in app.names(100)]
    assert cut[frequent[0]] in drawn  # the first always has room
    shown = np.array([cut[c] in drawn for c in range(100)])
    assert counts[shown].mean() > counts[~shown].mean()


def test_a_selected_class_has_its_name_before_all_others(open_maps):
    name = app.names(100)[99]
    cut = f"{name[:21]}…" if len(name) > 22 else name
    assert cut in {written for written, *_ in names_on(open_maps(100, "&select"), "left")}


def test_a_thousand_classes_have_a_legend_that_is_folded_and_searched(open_maps):
    page = open_maps(1000)
    legend = page.locator(".legend")
    assert legend.bounding_box()["height"] < 140
    legend.get_by_label("Find a class in the legend").fill("c998")
    seen = "all => all.filter((e) => e.offsetParent).map((e) => e.querySelector('.name').textContent)"
    assert legend.locator(".entry").evaluate_all(seen) == ["c998"]


def test_the_line_of_a_class_holds_the_densest_share_of_its_rows(open_maps):
    """Against the share that lies inside by the even-odd rule, and against the density of the rows themselves."""
    page = open_maps(10)
    made = {}
    rng = np.random.default_rng(1)
    made["one cloud"] = rng.normal(0, 0.05, (2000, 2))
    made["two clouds"] = np.concatenate([rng.normal(-0.2, 0.02, (700, 2)), rng.normal(0.2, 0.04, (800, 2))])
    angle = rng.uniform(0, 2 * np.pi, 1500)
    made["a ring"] = np.stack([np.cos(angle), np.sin(angle)], axis=1) * 0.3 + rng.normal(0, 0.02, (1500, 2))
    made["a few"] = rng.normal(0, 0.1, (20, 2))
    script = f"""(points) => {{ {CODE.replace("export ", "")}
      const rows = points.map((_, row) => row);
      const rings = densestPart(Float32Array.from(points.flat()), rows, CONTOUR_SHARE);
      return [CONTOUR_SHARE, rings]; }}"""
    for name, points in made.items():
        share, rings = page.evaluate(script, points.tolist())
        assert share == 0.8
        assert (len(rings) >= 2) if name in ("two clouds", "a ring") else rings
        inside = np.zeros(len(points), bool)
        for ring in map(np.array, rings):
            for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, 1, axis=0), strict=True):
                crosses = (y0 > points[:, 1]) != (y1 > points[:, 1])
                with np.errstate(divide="ignore", invalid="ignore"):
                    at = (x1 - x0) * (points[:, 1] - y0) / (y1 - y0) + x0
                inside ^= crosses & (points[:, 0] < at)
        assert abs(inside.mean() - share) < (0.11 if name == "a few" else 0.02), (name, inside.mean())
        if name == "one cloud":
            distance = np.linalg.norm(points, axis=1)
            assert distance[inside].max() < 1.25 * np.quantile(distance, 0.8)
    rings = page.evaluate(script, [[0.0, 0.0], [0.1, 0.1]])[1]
    assert rings == []  # too few rows for a density


def test_lines_are_drawn_beneath_the_points_in_the_class_s_colour(open_maps):
    page = open_maps(10)
    canvas = page.get_by_test_id("map-left")
    pixels = "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    before = np.array(canvas.evaluate(pixels)).reshape(-1, 4)[:, :3]
    page.get_by_role("button", name="Density").click()
    page.wait_for_timeout(600)
    after = np.array(canvas.evaluate(pixels)).reshape(-1, 4)[:, :3]
    ground = (before == before[0]).all(axis=1)
    assert (after[ground] != before[ground]).any(axis=1).mean() > 0.02
    assert page.get_by_text("Each line holds the densest 80 % of its class's images").is_visible()
    page.get_by_role("button", name="Density").click()
    page.wait_for_timeout(600)
    assert (np.array(canvas.evaluate(pixels)).reshape(-1, 4)[:, :3] == before).all()
