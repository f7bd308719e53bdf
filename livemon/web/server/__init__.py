"""The HTTP server: its routes' guard, headers, limits, and Panel's sessions.

What a page or an answer says does not belong here (../pages, ../api).
"""
