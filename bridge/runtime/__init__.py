"""A running IOC: scans, I/O interrupts, hooks, and the services that belong to its groups."""
