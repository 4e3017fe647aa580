"""Own labelled images of a person, kept as a data set with a name.

choices.py        Choices of how images are kept: size, colour, labels, splits, how many
keeping.py        keep: decode, resize and write the images of a source as a data set with a name
kept_file.py      File of a kept data set: an .npz with the array names of MedMNIST, and the label columns as JSON
library.py        A person's own data sets by name: described, listed, shared, removed and restored
loading.py        Own data sets as Dataset and Split, with all of their label columns
new_pictures.py   Pictures without labels, fitted to the frame of a trained run's images, in blocks
resizing.py       Resize a picture to a square, with antialiasing
server_paths.py   Paths on a server that its visitors may take data from
splitting.py      Draw splits and samples of each class the same share, with a seed
understanding.py  understand: describe the content of a source of labelled images, before any of it is kept
sources/          Labelled images in the forms that people have them: recognised by content, read, nothing kept
"""

from tvae.data.own.choices import Choices
from tvae.data.own.keeping import keep
from tvae.data.own.library import OwnDataset, OwnDatasets
from tvae.data.own.server_paths import server_source, sources_folder
from tvae.data.own.sources.reading import TakingInCancelled
from tvae.data.own.understanding import Understood, default_choices, examples, previews, understand

__all__ = [
    "Choices",
    "OwnDataset",
    "OwnDatasets",
    "TakingInCancelled",
    "Understood",
    "default_choices",
    "examples",
    "keep",
    "previews",
    "server_source",
    "sources_folder",
    "understand",
]
