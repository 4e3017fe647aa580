"""Parts of the page that brings in a person's own images.

choosing.py   Controls that choose how the images of a source are kept, and the button that keeps them
data_sets.py  Own data sets and those that others share: choose one, share it, remove it, bring it back
input.py      Field to upload a file, or to name a path on the server where its configuration allows that
samples.py    Shows training images of a kept data set by class, as the models see them
source.py     Source: a file or folder that a person brings in, from the look at it until its images are kept
summary.py    Shows the content of a source before anything is kept
training.py   Trains an own data set with settings that are suggested for it, and leads to the map of its newest run
"""
