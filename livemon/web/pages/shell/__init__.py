"""What all pages share: frame, navigation, theme, and the link to the server."""
