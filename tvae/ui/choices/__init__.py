"""Controls that choose what a page shows.

arms.py       Which arms a page shows
epochs.py     Epoch slider over a run's snapshots
path_ends.py  Two end images of a path
rows.py       Which images a page shows
"""
