"""From inputs and rules to integer scores: every point with its rule and its reason."""
