"""When to look, and what is new: pure decisions over frames and observations.

ffmpeg, models and SQL do not belong here.
"""
