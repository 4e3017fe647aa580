"""Runs in background processes.

files.py          Files of a run's job folder: spec, state, requests
idle_workers.py   Pre-started workers with torch and data loaded
job.py            Job: what a background run was asked for and its state
jobs.py           Jobs: start, watch, pause, stop, resume, rename, delete background runs
processes.py      Worker processes: stopping one that does not answer, and collecting ended ones
queue.py          Queue of a runs folder, in SQLite
status_writer.py  Writes state.json a few times a second, off the training thread
worker.py         Worker process: python -m tvae.jobs.worker ID [DATA]
"""
