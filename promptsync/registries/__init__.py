"""The services that store prompts: one file each, imported when one is opened."""
