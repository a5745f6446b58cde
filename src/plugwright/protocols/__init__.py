"""How a call arrives and a reply leaves, one protocol each."""
