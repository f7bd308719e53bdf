"""Scheduled jobs: the scheduler, the backfill, the day's reports.

The work of a job does not belong here but in its package.
"""
