"""Domain records to the files people read: text and bytes only, nothing is written here."""
