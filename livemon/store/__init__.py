"""The SQL database: models, migrations, queries."""
