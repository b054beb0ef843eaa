"""Raw sheets to records: headers, cells, names, and a finding for whatever is wrong."""
