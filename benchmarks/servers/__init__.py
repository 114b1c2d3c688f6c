"""The servers that are measured, each a program of its own: ``python -m benchmarks.servers.ours --port 5064``.

All serve ``--count`` doubles B:x0, B:x1 ... and B:wf, an array of ``--elements`` doubles. With ``--tick`` they change
all doubles every so many milliseconds.
"""
