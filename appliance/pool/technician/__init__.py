"""What the pool does for a technician at one port: each command with a time limit, progress and an answer in words."""
