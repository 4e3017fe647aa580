"""Replays of runs: recorded while they train, and as they are shown.

recorded.py  Replay of a run: latent means of a few fixed test images at moments of its training
shown.py     Replay as it is shown: maps and accuracy at each moment, and the moment when two arms part
times.py     Time axis of a replay: what its moments are called, and where round times lie among them
"""
