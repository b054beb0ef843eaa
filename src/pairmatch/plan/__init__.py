"""From a matching to five years of work: which actions, when, and who pays."""
