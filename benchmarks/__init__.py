"""What the speed claims stand on: programs that measure and print."""
