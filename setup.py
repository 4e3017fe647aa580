"""Packages of the wheel: the library, and the app's top-level files as tvae/app; the rest is in pyproject.toml."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["tvae", "tvae.*"]), "tvae.app"],
    script_name="setup.py",  # this file lies among the app's top-level files, but is none of them
)
