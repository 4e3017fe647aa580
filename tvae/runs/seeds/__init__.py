"""Figures of a run's arms over several seeds: measured, gathered, kept in seeds.json.

figures.py    Figures of a run's arms for one seed: triplet accuracy at many margins, error and KL, by split
file.py       Reads and writes seeds.json, the figures of a run's seeds in its folder
gathering.py  Gathers the figures of runs that differ in seed alone
"""
