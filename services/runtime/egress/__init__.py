"""Requests to addresses that strangers named: where the hub goes, and where it does not."""
