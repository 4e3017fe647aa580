"""The linked maps in a notebook, as a Jupyter widget.

    given.py     Two embeddings that were not made here, checked and laid out
    of_run.py    Two arms of a run with their layouts and images
    pair.py      Pair: two latent spaces of the same rows with their maps, and the contents that are drawn of it
    progress.py  Projection with a progress bar, where it takes long enough for a person to wonder
    showing.py   show: the linked maps of a run or of two embeddings
    widget.py    The Jupyter widget: the linked maps, and the rows selected on them

`widget.js` is the widget's shell around the JavaScript of `tvae.linked_map`.
"""
