"""How good a division is: (matrix, labels) in, values out."""
