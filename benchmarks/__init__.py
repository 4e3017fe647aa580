"""Measurements: what the documents' numbers come from."""
