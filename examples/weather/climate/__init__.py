"""A climate model of the earth, small and repeatable: from a place and an instant to believable weather."""
