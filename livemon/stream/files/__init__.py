"""Recorded video as files: archives, clips, frames, uploads.

Cameras and their rows live in livemon/archive and livemon/store.
"""
