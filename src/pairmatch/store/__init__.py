"""Run folders, the ledger and atomic files: the only writer of files."""
