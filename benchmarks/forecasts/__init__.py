"""The scoreboard of forecasts: ``python -m benchmarks forecasts``."""
