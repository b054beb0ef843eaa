"""Files to domain records: the only stage that reads the disk."""
