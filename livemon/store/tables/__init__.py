"""The tables and the types of their columns, one module a subject.

Reading and writing rows does not belong here (../).
"""
