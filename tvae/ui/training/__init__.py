"""Parts of the training page and the sidebar that starts runs.

live.py            Training page: controls, curves, map of the run under way
live_map.py        Map of each snapshot of the run under way
offer.py           Button and command that train a setting no run has
panel.py           Sidebar form that starts a run
run_table.py       List of runs: filter, compare, rename, delete, import, export
starting.py        Start a run once, also on a double click
status.py          Sidebar status of the watched run
step_explained.py  One step of slow mode
"""
