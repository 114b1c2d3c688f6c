"""IOCs of ours that a benchmark runs as processes of their own."""
