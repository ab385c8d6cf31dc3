"""Names in Chinese text: a linear model over what dictionaries, characters and neighbours say of each character."""
