"""Runs in background processes.

    allowance.py         Allowance: whether one more run is within the limits of its person and of the server
    doctor.py            Doctor: what is right on this machine and what is wrong, from versions and folders to the queue
    execution.py         Execution: train or measure a run by its spec, in its worker, and write its final state
    files.py             Files of a run's job folder: spec, state, requests
    foreground.py        A run that is trained in the foreground, among the runs in the background
    idle_workers.py      Pre-started workers with torch and data loaded
    job.py               Job: settings, state and progress of a background run
    jobs.py              Jobs: list background runs; stop, pause, resume, rename or delete them
    owner.py             Owner: who may see, stop, change or delete a run
    preparation.py       Preparation: a machine's first run, whose machine code is compiled as soon as the server starts
    queue.py             Queue of a runs folder, in SQLite
    ranks.py             A run that several processes train together (torchrun), and going on with one that they began
    requests.py          Requests that a worker obeys between two steps: stop, pause, take one step, go slowly
    runs_folder.py       The folder of runs: make it, or say in one line why no run can be kept in it
    starting.py          Starter: put a run in the queue and start a worker process for it
    status_writer.py     Writes state.json a few times a second, off the training thread
    trash.py             Trash: delete a run, restore it within a day, remove files that killed processes left
    worker.py            Worker process: python -m tvae.jobs.worker ID [DATA]
    worker_processes.py  Worker processes: start one and wait until it holds its lock, end one that does not respond

The queue is our own and not a library's: its jobs are few and long, and must outlive the server that starts them,
without a broker or a daemon that somebody has to run. One SQLite file gives the order; a lock that ends with its
process says who is alive; all else is in the run's folder, where a person can read it.
"""
