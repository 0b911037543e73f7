"""Prompts in git, proven in the registry."""
