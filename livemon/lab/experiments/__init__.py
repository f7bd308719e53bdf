"""Experiments: arms, the items that are asked, caps, replays. Nothing is scored here."""
