"""Frozen records: the words every stage speaks in. No behaviour beyond simple properties."""
