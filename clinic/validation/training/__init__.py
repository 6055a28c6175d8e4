"""Training of the heads that ship with the package, from features that the product measures."""
