"""The command line: python -m tvae.

app.py            Start the app in this process
commands.py       What each command does
data_commands.py  What the commands on a person's own data sets do
options.py        Options of each command, as dataclasses that tyro reads
output.py         What the commands print: results, tables, progress bars, errors
parsing.py        main: reads the command and its options, runs it, turns errors into one line and an exit status
"""
