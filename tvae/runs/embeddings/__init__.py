"""Embeddings from elsewhere: vectors of the same rows from two other models, beside the runs.

    adding.py    Two embeddings of the same rows, as understood from a person's files, and how they are kept
    checking.py  Checks of vectors, labels and images that were not made here
    folder.py    Embeddings: read and write the folder of two embeddings of the same rows
    reading.py   Vectors and labels in .npz, .npy and parquet files, by the names of their arrays or columns
    shown.py     Shown: what pages show, a trained run or embeddings from elsewhere

Pages show them like the two arms of a run. They have vectors, labels and images, and none of what a trained run has:
no config, loss, epochs or decoder. So `Embeddings` is a type beside `Run`, and what needs a run can't be given one.
"""
