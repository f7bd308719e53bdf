"""The one way to a model: prompt, budget, call, row; used by cameras, jobs and the lab.

The models live in livemon/vlm, the times of looks in livemon/cameras.
"""
