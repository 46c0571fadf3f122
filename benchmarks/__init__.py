"""How fast, as ratios within one run: `python -m benchmarks`. These are no tests and fail nobody's build."""
