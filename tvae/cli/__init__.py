"""The command line: python -m tvae.

commands.py  What each command does
"""
