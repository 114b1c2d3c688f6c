"""The wires: serial, TCP, memory."""
