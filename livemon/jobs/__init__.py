"""What runs by itself: the scheduler, the backfill, the day's reports.

What a job does is not written here, but in the package that does it.
"""
