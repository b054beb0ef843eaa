"""Tables that ship with the package: needs, indicators, capabilities, industries, actions."""
