"""The command line: one command a file; a command parses, calls one function, prints.

Slow libraries are imported inside the commands, so that `--help` answers at once.
"""
