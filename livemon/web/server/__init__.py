"""The HTTP server: its routes' guard, headers, limits, and Panel's sessions.

The content of pages lives in ../pages, that of answers in ../api.
"""
