"""Parts of the overview page.

idea.py   The model in five sentences, and the loss of the arm that is shown
table.py  Table 1 of the paper beside the run's own numbers
"""
