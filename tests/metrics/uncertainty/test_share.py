"""Intervals of shares against scipy's, and differences of published examples."""

import pytest
from scipy.stats import binomtest

from tvae.errors import InputError
from tvae.metrics.uncertainty.share import Share


@pytest.mark.parametrize(("hits", "n"), [(0, 1000), (2, 1000), (5, 10), (950, 1000), (1000, 1000), (1, 1)])
def test_the_interval_is_wilsons(hits, n):
    reference = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert Share(hits, n).interval == pytest.approx((reference.low, reference.high), abs=1e-12)


def test_at_the_limits_the_interval_has_a_length():
    assert Share(0, 1000).interval[1] > 0.003
    assert Share(1000, 1000).interval[0] < 0.997


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ((56, 70), (48, 80), True),  # Newcombe 1998, table II, method 10: 0.0524 to 0.3339
        ((9, 10), (3, 10), True),  # 0.1705 to 0.8090
        ((6, 7), (2, 7), True),  # 0.0582 to 0.8062
        ((5, 56), (0, 29), False),  # -0.0381 to 0.1926
        ((0, 10), (0, 20), False),
        ((10, 10), (0, 20), True),
    ],
)
def test_two_shares_differ_where_newcombes_interval_leaves_0_out(first, second, differ):
    assert Share(*first).differs_from(Share(*second)) == Share(*second).differs_from(Share(*first)) == differ


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (-1, 5), (6, 5), (0.5, 5)])
def test_impossible_shares_are_refused(hits, n):
    with pytest.raises(InputError, match="of a share"):
        Share(hits, n)
