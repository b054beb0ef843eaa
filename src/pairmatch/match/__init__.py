"""From scores, bounds, quotas and locks to a matching with its proof, or to a named conflict."""
