"""What a start costs: what is imported and compiled before it is needed, and when garbage is looked for."""
