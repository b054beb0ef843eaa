"""Hook specifications, the plugin manager and the built-in rules; the only importer of pluggy."""
