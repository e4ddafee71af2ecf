"""The append-only log: every change that another screen must see, in one order for everybody."""
