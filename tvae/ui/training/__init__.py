"""Parts of the training page and the sidebar that starts runs.

comparison.py      Compares two runs where they are alike; else each run's own arms
live.py            Shows a run during its training and afterwards: progress and controls, map, curves
live_map.py        Map of the newest snapshot of a run while it trains
network.py         Choice of a run's network, and how long it trains
notions.py         Choice of the notions of similarity that the arms of a run are trained on
panel.py           Form that starts a run, on the training page and in the sidebar of the others
replay.py          Replay of a run's training, with a caption on the images, moments and maps in it
run_table.py       List of runs: filter, choose, rename, delete, import, export
starting.py        Start a run once, also on a double click
status.py          Sidebar status of the watched run
step_explained.py  Explains one training step of slow mode: a triplet and the pull of each loss term
train_setting.py   Buttons that train a setting that no run has, with the time it takes
"""
