"""Domain records to findings: what does not fit together, all at once."""
