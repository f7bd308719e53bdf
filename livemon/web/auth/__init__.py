"""Authentication on the web: login, users, sessions, limits on attempts.

The roles of routes live in ../api and ../server.
"""
