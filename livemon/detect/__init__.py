"""Times of looks, and new observations: pure decisions over frames and observations.

ffmpeg, models and SQL do not belong here.
"""
