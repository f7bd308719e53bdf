"""Recorded video as files: archives, clips, frames, uploads.

Which camera they belong to, and their rows, do not belong here (livemon/archive, livemon/store).
"""
