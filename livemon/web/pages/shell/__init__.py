"""Common parts of all pages: frame, navigation, theme, and the link to the server."""
