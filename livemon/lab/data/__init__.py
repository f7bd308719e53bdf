"""Datasets: clips, labels, and where they come from. Nothing is asked or scored here."""
