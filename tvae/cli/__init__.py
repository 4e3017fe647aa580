"""The command line: python -m tvae.

app.py       Start the app in this process
commands.py  What each command does
"""
