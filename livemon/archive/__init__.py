"""Recorded video: made, checked, read by time, and deleted when its time has come.

ffmpeg and files do not belong here (livemon/stream), nor SQL (livemon/store).
"""
