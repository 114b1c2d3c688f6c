"""Where simulators live: pseudo terminals and TCP ports, and the protocols spoken there."""
