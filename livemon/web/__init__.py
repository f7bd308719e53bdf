"""One HTTP server: API, pages, widgets for notebooks, login, languages.

SQL and ffmpeg do not belong here; pages and routes ask livemon/monitor.
"""
