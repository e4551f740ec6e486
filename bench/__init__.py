"""What the hub costs, measured on this machine: `python -m bench`, results in `bench/results/`."""
