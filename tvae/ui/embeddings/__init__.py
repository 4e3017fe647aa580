"""Part of the page Your data that takes in embeddings from elsewhere.

brought.py   Files of embeddings that a person brings in, from the look at them until they are kept
form.py      Fields to upload embeddings, what was understood of them, and the button that keeps them
kept.py      Embeddings that are kept: a link to their maps, remove them, bring them back
"""
