"""Scores: alerts matched with labels, metrics, intervals, comparisons. Pure."""
