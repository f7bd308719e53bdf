"""The one way to a model: prompt, budget, call, row; used by cameras, jobs and the lab.

What a model is does not belong here (livemon/vlm), nor when it is asked (livemon/cameras).
"""
