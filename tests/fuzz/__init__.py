"""Fuzzing of every reader of a file that may come from someone else.

changes.py       Strategies of changed files: JSON, text, bytes, pictures, arrays, zips, safetensors
sources.py       Valid files, as the project's own writers make them
readers.py       Every reader, with the changed files that it is given
trials.py        One trial of a reader: what came of it, and how long and how large it was
test_readers.py  Some seconds of each reader in the ordinary suite, and the inputs that once got through

Minutes of some or all readers: `python -m tests.fuzz --minutes 2 config metrics`.
"""
