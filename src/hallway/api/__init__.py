"""The JSON API: everything a page can do, for scripts and bots.

Each module is one resource. They translate: find the room through what the author may read, call
one action or query, shape the answer.
"""
