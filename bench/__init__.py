"""How fast it is, measured from outside: real server processes, loopback, one table a scenario."""
