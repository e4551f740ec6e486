"""What intake decides, as pure functions: no clock, no I/O, no framework."""
