"""Controls that choose what a page shows.

arms.py       Chooses the arms that every page shows
epochs.py     Epoch slider over a run's snapshots
path_ends.py  Chooses the two end images of a path
rows.py       Chooses which images a page shows
runs.py       Chooses the run that every page shows
size.py       Chooses the size of text and controls: large for a projector
"""
