"""Every read beyond one row: what one screen needs, in a fixed number of statements."""
