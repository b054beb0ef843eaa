"""Workbooks and text tables to raw sheets, guarded against damaged and hostile files."""
