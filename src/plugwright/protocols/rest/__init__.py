"""Operations as plain HTTP: query strings and JSON bodies in, JSON out."""
