"""Classifier of a data set: its training in another process, its file, class shares of samples.

classifier.py  Classifier of a data set (numpy), its file, class shares of samples
process.py     Trains the classifier of a data set in another process: start, progress, failure
training.py    Train the classifier of a data set (torch)
worker.py      The process that trains a classifier

Importing a module of this room does not import torch, except `training`: pages must start fast.
"""
