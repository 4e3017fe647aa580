"""Encoder, decoder and posterior in torch and in numpy, their losses, and what they encode.

    encoding.py        Encoding: a split as the arms of a run encode it; LatentSpaces: rows in spaces of any origin
    heads.py           Heads: parameters that a loss adds to the network, such as a classifier or centres of classes
    layers.py          Layers of the encoder and the decoder, described for torch and numpy alike
    losses.py          Reconstruction, KL, triplet term, classifier and their weighted sum (Eq. 1, 2)
    network.py         Encoder and decoder in numpy, for pages that must not load torch
    numpy_layers.py    Layers of the encoder and the decoder computed by numpy
    triplet_counts.py  Satisfied triplets of every anchor counted by torch, for a GPU
    triplet_forms.py   Forms of the triplet term and the triplets that it averages over, for automatic differentiation
    vae.py             Encoder, decoder and posterior in torch

Pages and notebooks that only read a run use `network`: importing torch takes seconds.
"""
