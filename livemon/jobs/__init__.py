"""Scheduled jobs: the scheduler, the backfill, the day's reports.

The work of a job lives in its package.
"""
