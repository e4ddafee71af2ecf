"""Fan-out: the bell rings, the hub reads the log once, every stream gets its frames."""
