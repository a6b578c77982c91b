"""A customizable contraction hierarchy over directed street segments and the turns between them."""
