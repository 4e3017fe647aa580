"""Runs in background processes.

    execution.py         Execution: carry out what a run's spec asks for, in its worker, and write how it ended
    files.py             Files of a run's job folder: spec, state, requests
    idle_workers.py      Pre-started workers with torch and data loaded
    job.py               Job: what a background run was asked for and its state
    jobs.py              Jobs: look at background runs and ask things of them
    owner.py             Owner: who may stop, change or delete a run
    queue.py             Queue of a runs folder, in SQLite
    requests.py          What a worker is asked for between two steps: to stop, wait, take one step, or go slowly
    starting.py          Starter: put a run in the queue and have a worker for it
    status_writer.py     Writes state.json a few times a second, off the training thread
    trash.py             Trash: delete a run, bring it back for a day, clear what killed processes left
    worker.py            Worker process: python -m tvae.jobs.worker ID [DATA]
    worker_processes.py  Worker processes: start one and wait until it holds its lock, stop one that does not answer

The queue is our own and not a library's: its jobs are few and long, and must outlive the server that starts them,
without a broker or a daemon that somebody has to run. One SQLite file gives the order; a lock that ends with its
process says who is alive; all else is in the run's folder, where a person can read it.
"""
