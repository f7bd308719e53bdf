"""A day's facts, worked out from rows. Pure but for reading; nothing is drawn here (../render)."""
