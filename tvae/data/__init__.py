"""Data sets: where they come from, how they are checked.

Importing this package imports neither torch nor scikit-learn, which take seconds.
"""

from tvae.data.loading import DATASETS, load_dataset, load_split, train_size
from tvae.data.sources import DataUnavailable
from tvae.data.split import Dataset, Split
from tvae.data.storage import default_folder

__all__ = [
    "DATASETS",
    "DataUnavailable",
    "Dataset",
    "Split",
    "default_folder",
    "load_dataset",
    "load_split",
    "train_size",
]
