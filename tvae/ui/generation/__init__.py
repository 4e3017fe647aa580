"""Parts of the generation page.

classifier.py   Offers to train the classifier of the run's images, and shows the progress of its training
quality.py      Precision, recall and classes of the samples
sample_grid.py  Samples of an arm, as a grid
"""
