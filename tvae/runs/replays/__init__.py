"""Replays of runs: recorded while a run trains, and prepared to be shown.

recorded.py  Replay of a run: latent means of a few fixed test images at moments of its training
shown.py     Replay to be shown: maps and accuracy at each moment, and the moment from which two arms have parted
times.py     Time axis of a replay: names of its moments, and the places of round times among them
"""
