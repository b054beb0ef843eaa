"""Makes the bundled scenarios: real places and units, synthetic figures, always the same bytes."""
