"""What the hub costs, measured on this machine: `make bench`, results in `bench/results/`."""
