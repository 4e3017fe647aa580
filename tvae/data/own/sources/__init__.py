"""Labelled images in the forms that people have them: recognised by content, read, nothing kept.

arrays.py         Arrays of images in a file, read block by block: idx files and the members of an .npz
class_folders.py  Read a folder or zip of pictures, with a folder a class or without labels
idx_files.py      Read idx files of images and of labels, raw or packed with gzip
labels.py         Labels of any kind as codes 0 to k - 1 with a name each
npz_file.py       Read .npz: MedMNIST's files, and plain ones with images and labels
parquet_files.py  Read parquet as Hugging Face's hub has it: one file, or shards in a folder or zip
path_table.py     Read a CSV or TSV with a picture's path and label a line, and a split where there is one
pictures.py       Decode a picture's bytes to eight bits a channel, with limits
reading.py        Result of every reader of a source: rows, label columns, splits, pictures, and the files left out
recognition.py    Recognise the form of a source by its content, and read it by the right reader
source_files.py   Files of a folder, listed and read with limits; no link is followed
zip_files.py      Files of a zip, read in place and never extracted; a zip that could do harm is refused whole
"""
