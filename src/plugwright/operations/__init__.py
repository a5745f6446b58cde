"""What can be called: an author's functions read once into schemas, validators and policy."""
