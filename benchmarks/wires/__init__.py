"""What `benchmarks.drivers` measures, one wire or question a module."""
