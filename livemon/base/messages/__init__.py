"""Messages: texts for people, as a code and values, and the catalogs that render them.

Every package may make a message; text is made once, where a person reads it. Choosing the language of a page belongs
to web/i18n; words of models and of people do not belong here.
"""
