"""The record types, one file each: a table of fields and what is special about processing them."""
