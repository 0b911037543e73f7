"""One file per resource; each lists its own routes beside the functions that answer them."""
