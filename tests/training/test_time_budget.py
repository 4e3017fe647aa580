"""A run in a given time, simulated."""

from tvae.training.time_budget import TimePlan


def simulated(budget: float, a_step: float, first: float = 0.0, most: int = 10**6) -> float:
    """Seconds that a run takes; `first` are those that its first step takes longer."""
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
