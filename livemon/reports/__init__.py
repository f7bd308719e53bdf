"""Reports of days: facts, their rendering, and the job that makes a report's files.

When a report is due does not belong here (livemon/jobs), nor the study of windows (livemon/cameras).
"""
