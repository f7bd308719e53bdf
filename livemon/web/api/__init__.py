"""Tornado handlers under /api/live-monitoring."""
