"""TVAE Explorer: a VAE and a triplet-based VAE trained side by side, measured exactly and explored together."""

__version__ = "0.1.0"
