"""Sweeps: many settings with several seeds, trained by any number of workers on any number of machines.

    background.py    Background: what the app asks of its sweeps, and the one process that works on them
    code_version.py  Version of the code that trains and measures: two workers of one sweep must have the same
    collecting.py    Runs of a sweep brought in from other machines, and the figures of all seeds put beside them
    group_run.py     GroupRun: the run of a group of cells, found again, resumed or started, and watched to its end
    handover.py      An unfinished run as a zip, with which another machine goes on
    layout.py        Start of a sweep: its settings from a grid, checked, and laid out once in its storage
    plan.py          Plan of a sweep: its cells, and the runs that they are cut into
    progress.py      Progress of a sweep: where each of its cells stands, and what is known of it so far
    results.py       Results: a folder that workers share, with finished runs and what is needed to resume others
    search.py        Search: further cells between those of the grid, proposed from the figures so far
    storage.py       Storage of sweeps: a database, opened with each refusal in one line
    study.py         Sweep: a plan and its trials in an Optuna study
    table.py         Table of a sweep: mean and deviation over seeds of each cell, and the Pareto set over the means
    work.py          Worker: trains what waits in a sweep until nothing waits or runs
    worker.py        Process that works on the sweeps of the app: python -m tvae.sweeps.worker RUNS

What is shared between machines is Optuna's: a trial is one run, one seed with a group of cells as its arms beside the
VAE. The study says who trains what and keeps the figures; Optuna's heartbeats say who is alive. The run itself is one
of `tvae.jobs`, in the folder of runs of the machine that trains it.

Optuna is imported by `storage`, `study`, `work` and `search` alone, which nothing imports before a sweep is used.
"""
