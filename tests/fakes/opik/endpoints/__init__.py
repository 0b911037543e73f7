"""One file for each kind of object: what its endpoints do."""
