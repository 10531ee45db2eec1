"""What the commands of the registry do, by group."""
