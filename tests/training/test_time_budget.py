"""A run in a given time, simulated."""

import pytest

from tvae.training.time_budget import TimePlan


def simulated(budget: float, a_step: float, first: float = 0.0, most: int = 10**6) -> float:
    """Seconds that a simulated run takes; `first` is the extra time of its first step."""
    plan, step, seconds, steps = TimePlan(budget, most), 0, 0.0, most
    while step < steps:
        step += 1
        seconds += a_step + (first if step == 1 else 0.0)
        steps = plan.steps(step, seconds, 0.0, 0.0)
    return seconds


def test_the_time_is_met_to_a_few_steps_and_a_slow_start_does_not_count_against_it():
    for budget, a_step in ((10.0, 0.01), (60.0, 0.25), (3.0, 0.3)):
        assert abs(simulated(budget, a_step) - budget) <= 3 * a_step
    assert abs(simulated(10.0, 0.01, first=2.0) - 10.0) <= 0.05


def test_slow_first_seconds_cost_a_quarter_of_the_time_at_most():
    plan, step, seconds, steps = TimePlan(10.0, 10**6), 0, 0.0, 10**6
    while step < steps:
        step += 1
        seconds += 0.04 if seconds < 1.5 else 0.01
        steps = plan.steps(step, seconds, 0.0, 0.0)
    assert 7.3 < seconds <= 10.0


def test_it_ends_at_the_most_steps_where_they_take_less_time():
    assert simulated(10.0, 0.01, most=50) <= 0.6


def test_once_settled_the_number_of_steps_stays():
    plan = TimePlan(10.0, 10**6, settled=70)
    assert plan.steps(60, 9.9, 0.0, 0.0) == 70
    assert plan.steps(69, 500.0, 0.0, 0.0) == 70


@pytest.mark.parametrize(
    ("budget", "a_step", "settled_after", "steps"),
    [
        (10.0, 0.25, 12, 40),  # three tenths of the time
        (2.0, 0.25, 7, 8),  # five steps after the first two
        (3.0, 0.75, 4, 4),  # the time is over before that
        (1.0, 0.375, 3, 3),
    ],
)
def test_the_number_of_steps_is_settled_after_three_tenths_of_the_time_and_five_steps(
    budget, a_step, settled_after, steps
):
    plan = TimePlan(budget, 10**6)
    numbers = [plan.steps(step, step * a_step, 0.0, 0.0) for step in range(1, settled_after + 1)]
    assert numbers == [10**6] * (settled_after - 1) + [steps]
    assert plan.settled == steps


def test_the_first_two_steps_do_not_count_to_the_speed():
    plan = TimePlan(10.0, 10**6)
    seconds = [1.0, 2.0, *(2.0 + 0.25 * k for k in range(1, 6))]
    settled = [plan.steps(step, at, 0.0, 0.0) for step, at in enumerate(seconds, start=1)][-1]
    assert settled == 7 + (10.0 - 3.25) / 0.25


def test_time_spent_aside_counts_against_the_time_but_not_to_the_speed():
    plan = TimePlan(10.0, 10**6)
    plan.steps(1, 0.75, 0.5, 3.0)
    plan.steps(2, 1.0, 0.5, 3.0)
    assert plan.steps(12, 5.0, 2.0, 1.5) == 12 + (10.0 - 5.0 - 1.5) / 0.25


def test_what_comes_later_may_take_all_the_time_that_is_left():
    plan = TimePlan(10.0, 10**6)
    assert [plan.steps(step, step * 1.0, 0.0, 20.0) for step in range(1, 8)][-1] == 7


def test_a_clock_that_stands_still_gives_the_most_steps():
    plan = TimePlan(10.0, 5_000)
    assert [plan.steps(step, 4.0, 0.0, 0.0) for step in range(1, 9)] == [5_000] * 8
