"""Pellucid: deep learning that you can see through, written from scratch on NumPy."""

__version__ = "0.1.0"
