"""ffmpeg and files: sources, live HLS, archives, clips, frames.

Models, SQL and HTTP do not belong here.
"""
