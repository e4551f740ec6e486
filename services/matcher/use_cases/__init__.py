"""What the matcher does, over ports that its adapters and the tests' fakes provide."""
