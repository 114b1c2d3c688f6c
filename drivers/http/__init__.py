"""HTTP and JSON: one request for many values, writes that are sent once, pushes."""
