"""How a version leaves the house, and how other people's data sets come in."""
