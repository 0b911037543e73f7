"""Servers that answer as the real services do, and the proof that they do."""
