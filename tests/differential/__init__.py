"""The same database and the same sequence of puts in a C IOC and in ours: all fields must come out alike."""
