"""Speed, measured side by side with PyTorch and others: `python -m bench`, `make bench`, `pellucid bench`."""
