"""Benchmarks: the measurements behind the numbers in the documents."""
