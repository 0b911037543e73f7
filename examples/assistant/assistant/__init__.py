"""A personal assistant as a small service: eleven prompts, loaded by alias while it runs."""
