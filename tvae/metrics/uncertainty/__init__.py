"""Uncertainty of figures: intervals of shares, noise of seeds.

seed_noise.py  Whether figures of several seeds differ beyond the noise of the seeds: t tests
share.py       A share of images, its Wilson interval, and whether two shares differ
"""
