"""Parts of the generation page.

quality.py      Precision, recall and classes of the samples
sample_grid.py  Samples of an arm, as a grid
"""
