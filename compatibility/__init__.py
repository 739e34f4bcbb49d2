"""Public scripts and PyTorch's names beside Pellucid: `python -m compatibility`."""
