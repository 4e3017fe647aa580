"""Given triplets of a run: kept with it, encoded, counted.

encoded.py   EncodedTriplets: given triplets of a run and the latent means of their images
figures.py   Accuracy of each arm on given triplets, for metrics.json
own_copy.py  A run's own copy of its given triplets
words.py     Accuracy on given triplets in words: the parts that they fall in, shares with their intervals, and counts
"""

from tvae.runs.triplets.encoded import (
    PARTS,
    EncodedTriplets,
    images_of_triplets,
    read_encoded_triplets,
    write_encoded_triplets,
)
from tvae.runs.triplets.figures import with_given_triplets
from tvae.runs.triplets.own_copy import TRIPLETS, read_triplets_of, write_triplets

__all__ = [
    "PARTS",
    "TRIPLETS",
    "EncodedTriplets",
    "images_of_triplets",
    "read_encoded_triplets",
    "read_triplets_of",
    "with_given_triplets",
    "write_encoded_triplets",
    "write_triplets",
]
