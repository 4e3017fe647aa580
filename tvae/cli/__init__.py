"""The command line: python -m tvae.

app.py            Start the app in this process
arm_settings.py   Options of one arm's loss, `--arms.NAME.SETTING VALUE`: found among the arguments, and their values
commands.py       Implementation of each command
data_commands.py  Commands on a person's own data sets
embeddings_commands.py Commands on embeddings from elsewhere
options.py        Options of each command, as dataclasses that tyro reads
output.py         Output of the commands: results, tables, progress bars, errors
parsing.py        main: reads the command and its options, runs it, turns errors into one line and an exit status
sweep_commands.py Commands on sweeps: start, work, show, search, collect
sweep_options.py  Options of the commands on sweeps, as dataclasses that tyro reads
"""
