"""The SQL database: tables, migrations, and one module of queries and writes for each subject.

Decisions do not belong here, nor files (livemon/archive).
"""
