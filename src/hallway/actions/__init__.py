"""Every write: ask access, change rows, append events, all in one transaction.

Pages, API, bots, commands and tests call these functions; nothing else writes.
"""
