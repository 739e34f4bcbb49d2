"""Speed, measured side by side with PyTorch: `python -m bench`, or `make bench`."""
