"""Parts of the page "Sweep".

cell.py       The chosen cell: its figures by seed, and the links that show one of its runs on every page
estimate.py   Time that a sweep takes, at the speed of a run that this machine has trained
form.py       Form that starts a sweep from the settings of the run that is shown
heat_map.py   Heat map and table of a sweep's cells
settings.py   Settings of a sweep from the words in its fields
steering.py   Buttons that pause, resume and cancel a sweep, and who may press them
sweeps.py     SweepView: a sweep as it stands, read anew at each look
watching.py   Shows the sweep that is chosen, drawn anew while it trains
"""
