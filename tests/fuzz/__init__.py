"""Fuzzing of every reader of a file that may come from someone else.

changes.py       Strategies of changed files: JSON, text, bytes, pictures, arrays, zips, safetensors
sources.py       Valid files, as the project's own writers make them
trials.py        One trial of a reader: what came of it, and how long and how large it was
registry.py      Register of readers, and what they have in common
run_readers.py   Readers of the files of a run
job_readers.py   Readers of the files of background runs, and of who hosts them
data_readers.py  Readers of images, labels and triplets that a person brings
page_readers.py  Readers of the app's address, of messages from the browser, and of classifiers' files
sweep_readers.py Readers of what a sweep's workers find in its storage and its results
readers.py       Every reader, by name
test_readers.py  Some seconds of each reader in the ordinary suite
test_trials.py   A trial notices whatever gets through a reader

Minutes of some or all readers: `python -m tests.fuzz --minutes 2 config metrics`.
"""
