"""The parts of pages: tables, forms, timelines, and their texts.

Whole pages do not belong here (../).
"""
