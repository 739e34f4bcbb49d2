"""Other libraries, each building what rows describe in its own way; imported only when asked for."""
