"""Prompt research: datasets, experiments on them, scores, and promotion.

Live cameras do not belong here (livemon/cameras), nor what a prompt is (livemon/vlm).
"""
