"""Pages that are one file and ask the network for nothing: markup from Python calls, the document around it."""
