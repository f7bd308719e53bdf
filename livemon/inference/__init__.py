"""The one way to a model: prompt, budget, call, row; used by cameras, jobs and the lab.

The models do not belong here (livemon/vlm), nor do the times of looks (livemon/cameras).
"""
