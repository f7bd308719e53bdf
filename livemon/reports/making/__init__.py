"""Making of a report: a process of its own, papermill, files, and the row.

The content of a report lives in ../facts and ../render.
"""
