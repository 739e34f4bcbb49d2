"""Pages of one file that ask the network for nothing: markup from Python calls, the document around it."""
