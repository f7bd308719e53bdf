"""Prompt research: data sets of watched time, experiments on them, and what their answers are worth."""
