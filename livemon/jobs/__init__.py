"""What runs by itself: the scheduler, the backfill, the day's reports.

What a job does belongs to the package that does it.
"""
