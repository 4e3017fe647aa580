"""Triplets that a person gives: read from a file, checked, counted, held out.

answers.py      Answers: triplets that a person makes by saying which of two images is nearer, kept as a CSV file
consistency.py  Contradictions and cycles among triplets: answers that no distance between images can all fulfil
flaws.py        WrongTriplets: faults in the rows of a triplet file, the first twenty by line
given.py        GivenTriplets: triplets that a person gives, as rows of the training images, and their file
holding_out.py  Hold triplets out of training: a share of the triplets, and all that touch some images
image_names.py  ImageNames: finds the row of a training image by its name
reading.py      read_triplets: a file of triplets, recognised by its content and checked against the images
table_text.py   Rows of text from a file: its encoding, its delimiter, its header, line by line
"""

from tvae.data.triplets.answers import Answers
from tvae.data.triplets.consistency import Consistency, consistency
from tvae.data.triplets.flaws import WrongTriplets
from tvae.data.triplets.given import GivenTriplets
from tvae.data.triplets.holding_out import HELD_OUT_BY_IMAGE, HELD_OUT_BY_TRIPLET, TRAINED_ON
from tvae.data.triplets.image_names import ImageNames
from tvae.data.triplets.reading import TripletFile, read_triplets

__all__ = [
    "HELD_OUT_BY_IMAGE",
    "HELD_OUT_BY_TRIPLET",
    "TRAINED_ON",
    "Answers",
    "Consistency",
    "GivenTriplets",
    "ImageNames",
    "TripletFile",
    "WrongTriplets",
    "consistency",
    "read_triplets",
]
