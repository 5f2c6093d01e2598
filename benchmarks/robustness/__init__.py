"""``python -m benchmarks robustness``: bad inputs to every verb, and what comes of each."""
