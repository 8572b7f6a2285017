"""The parts of bench.py: clusters to measure, workloads, figures, the picture. Standard library only."""
