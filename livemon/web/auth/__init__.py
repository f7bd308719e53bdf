"""Who asks: login, users, sessions, limits on attempts.

Which route needs which role does not belong here (../api, ../server).
"""
