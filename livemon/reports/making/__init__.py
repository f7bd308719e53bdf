"""How a report is made: a process of its own, papermill, files, and the row.

What a report says does not belong here (../facts, ../render).
"""
