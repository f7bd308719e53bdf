"""Decides when to look and what is new. Knows nothing of ffmpeg, models or SQL."""
