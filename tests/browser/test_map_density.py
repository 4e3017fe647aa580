"""Maps of very many points show where more of them lie, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tvae.linked_map.browser_code import CODE

ROOT = Path(__file__).parents[2]
DRAW = """async (settled) => {
  // Blue: 120,000 rows in a disc of radius 0.2; green: 20,000 in one of the same size; red: one row alone.
  const n = 140_001, places = new Float32Array(2 * n), colours = new Uint32Array(n);
  const states = new Uint8Array(n).fill(LIT);
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let i = 0; i < n - 1; i++) {
    const [far, turn] = [0.2 * Math.sqrt(random()), 2 * Math.PI * random()];
    places[2 * i] = (i < 120_000 ? -0.25 : 0.25) + far * Math.cos(turn);
    places[2 * i + 1] = far * Math.sin(turn);
    colours[i] = i < 120_000 ? 0xff0000 : 0x00ff00;
  }
  places.set([0, 0.4], 2 * (n - 1));
  colours[n - 1] = 0x0000ff;
  const painter = new Painter();
  painter.resize(400, 400);
  painter.clear(0);
  const crowd = new Crowd(places, states, LIT, n, colours);
  if (settled) crowd.settle();
  const draw = () => {
    painter.clear(0);
    painter.crowd(places, {scale: 400, x: 200, y: 200}, states, LIT, {colours, order: null},
      {radius: 1.25, alpha: 0.25, strength: 1, crowd});
  };
  draw();
  if (settled === "gathered") {
    while (!crowd.cellsAt(400)) await new Promise((resolve) => setTimeout(resolve, 2 * REST_MS));
    draw();
  }
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 400;
  painter.put(canvas.getContext("2d"));
  const {data} = canvas.getContext("2d").getImageData(0, 0, 400, 400);
  return Array.from(data);
}"""
"""JavaScript that draws two crowds and a single point on black; returns the picture's bytes, line by line."""


@pytest.fixture
def drawing(browser: Any) -> Iterator[Any]:
    """A plain page with the maps' code."""
    page = browser.new_page()
    page.add_script_tag(content=CODE)
    yield page
    page.close()


def drawn(page: Any, settled: str) -> np.ndarray:
    """Share of each pixel's three colours (400, 400, 3) in the picture of two crowds."""
    return np.array(page.evaluate(DRAW, settled), dtype=float).reshape(400, 400, 4)[:, :, :3] / 255


@pytest.mark.parametrize("settled", ["", "tiled", "gathered"])
def test_a_place_with_more_points_is_stronger_and_neither_is_flat(drawing: Any, settled: str) -> None:
    picture = drawn(drawing, settled)
    dense, thin = picture[160:240, 60:140, 2].mean(), picture[160:240, 260:340, 1].mean()
    assert 0.65 < dense < 0.95
    assert 0.3 < thin < dense - 0.25
    assert picture[30:50, 190:210, 0].max() > 0.15, "the single point is lost"


def test_tiled_points_give_the_picture_of_single_ones_and_gathered_ones_nearly(drawing: Any) -> None:
    single, tiled, together = (drawn(drawing, settled) for settled in ("", "tiled", "gathered"))
    np.testing.assert_array_equal(single, tiled)
    blocks = [each.reshape(40, 10, 40, 10, 3).mean(axis=(1, 3)) for each in (single, together)]
    assert np.abs(blocks[0] - blocks[1]).max() < 0.03


def test_gathering_keeps_every_point(drawing: Any) -> None:
    counted = drawing.evaluate(
        """() => {
      const places = Float32Array.from({length: 6000}, (_, at) => Math.sin(at * at) / 2);
      const states = Uint8Array.from({length: 3000}, (_, row) => (row % 3 ? LIT : HIDDEN));
      const {sums} = gathered(tiled(places, states, LIT, new Uint32Array(3000).fill(0x010203)), TILES);
      return [0, 1, 2, 3].map((part) => sums.filter((_, at) => at % 4 === part).reduce((a, b) => a + b, 0));
    }"""
    )
    assert counted == [2000, 3 * 2000, 2 * 2000, 2000]


def test_of_a_crowd_that_has_just_changed_a_sample_is_drawn_of_every_class(drawing: Any) -> None:
    taken = drawing.evaluate(
        """() => {
      const n = 10 * SAMPLE, states = Uint8Array.from({length: n}, (_, row) => (row % 5 ? LIT : HIDDEN));
      const colours = Uint32Array.from({length: n}, (_, row) => row % 10);
      const {points} = new Crowd(new Float32Array(2 * n), states, LIT, 0.8 * n, colours);
      const counts = Array(10).fill(0);
      for (const colour of points.colours) counts[colour]++;
      return {each: points.each, counts, rows: points.rows.every((row) => states[row] === LIT)};
    }"""
    )
    assert taken["each"] == 8 and taken["rows"]
    shown = np.delete(taken["counts"], [0, 5])
    assert taken["counts"][0] == taken["counts"][5] == 0
    np.testing.assert_allclose(shown, 250_000 / 8, rtol=0.05)


def test_only_what_is_in_sight_is_looked_at_and_nothing_of_it_is_lost(drawing: Any) -> None:
    seen = drawing.evaluate(
        """() => {
      const n = 200_000, places = Float32Array.from({length: 2 * n}, (_, at) => Math.sin(at * at) / 2);
      const points = tiled(places, new Uint8Array(n).fill(LIT), LIT, new Uint32Array(n));
      const tally = new Tally(300, 200);
      return [[1, 0, 0], [7, 0.2, -0.3], [40, -0.45, 0.45], [300, 0.5, 0.1]].map(([zoom, u, v]) => {
        const to = {scale: 250 * zoom, x: 150 - u * 250 * zoom, y: 100 + v * 250 * zoom};
        const inside = Array.from({length: n}, (_, i) => i).filter((i) => {
          const [x, y] = [to.x + places[2 * i] * to.scale, to.y - places[2 * i + 1] * to.scale];
          return x >= 0 && x < 299 && y >= 0 && y < 199;
        });
        const rows = new Set(tally.rowsInSight(points, to));
        return [inside.length, inside.filter((i) => rows.has(i)).length, tally.count(points, to, 1), rows.size / n];
      });
    }"""
    )
    for (inside, found, counted, looked_at), most in zip(seen, (1, 0.1, 0.01, 0.001), strict=True):
        assert found == inside and abs(counted - inside) <= 0.02 * inside + 2  # half a pixel at the border
        assert looked_at <= most


def test_opacity_goes_over_smoothly_from_the_density_to_single_discs(drawing: Any) -> None:
    table = drawing.evaluate(
        """() => Array.from({length: 200}, (_, at) => {
      const opacity = opacityUnder(0.2, 200 / 1.05 ** at) ?? ((number) => 1 - 0.8 ** number);
      return [1, 2, 5, 10, 20].map(opacity);
    })"""
    )
    opacities = np.array(table)
    assert (np.diff(opacities, axis=1) >= 0).all()
    assert np.abs(np.diff(opacities, axis=0)).max() < 0.04
    np.testing.assert_allclose(opacities[:, 0], 0.2, atol=1e-6)


def test_a_map_of_very_many_points_says_what_its_strength_means(
    browser: Any, streamlit_app: Callable[[Path], str]
) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    address = streamlit_app(ROOT / "benchmarks" / "large_map_app.py")
    page.goto(f"{address}/?rows=120000")
    page.locator('[data-testid=map-left][data-rows="120000"]').wait_for(timeout=60_000)
    key = page.get_by_test_id("map-marks-key")
    key.get_by_text("stronger where more points lie").wait_for()
    page.goto(f"{address}/?rows=20000")
    page.locator('[data-testid=map-left][data-rows="20000"]').wait_for(timeout=60_000)
    page.get_by_text("Click a point, or draw around some").wait_for()
    assert not key.get_by_text("stronger where more points lie").count()
    page.close()
