"""Trackers: a run is followed by other tools while it trains.

    mlflow_store.py MLflow runs in an SQLite file
    names.py        Names of trackers, and what each needs
    opening.py      Opens trackers by name
    tensorboard.py  TensorBoard event files
    tracking.py     Tracking: what each tracker is told while a run trains; none of them can end it
    wandb_files.py  Weights & Biases files, written offline

Packages of other tools are imported by the one file that writes for them, when it is asked for.
"""
