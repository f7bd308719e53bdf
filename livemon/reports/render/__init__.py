"""A day's facts as text, tables, figures and HTML. Nothing is read from the database here."""
