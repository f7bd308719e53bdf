"""Reports of days: what a day was like (`day`), how it is told, drawn, printed, and put into files.

When a report is due does not belong here (jobs/scheduler.py), nor what a window is analysed for
(cameras/segment_analyzer.py).
"""
