"""Modbus: registers as questions, block reads, and ports for TCP and serial lines."""
