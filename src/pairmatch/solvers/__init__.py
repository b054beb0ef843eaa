"""Networks, flows and shortest paths on arrays; the only importers of ortools and networkx."""
