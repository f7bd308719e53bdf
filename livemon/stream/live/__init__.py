"""A camera's live stream: ffmpeg, segments, their times, the playlist.

Archives and pictures of the past do not belong here (../files).
"""
