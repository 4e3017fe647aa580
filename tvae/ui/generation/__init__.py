"""Parts of the generation page.

classifier.py   Offers to train the classifier of the run's images, and shows how far that is
quality.py      Precision, recall and classes of the samples
sample_grid.py  Samples of an arm, as a grid
"""
