"""Why this pair, why not another, and what any other choice costs, exactly."""
