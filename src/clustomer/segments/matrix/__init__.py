"""Customers as numbers: the matrix of features, scaled, sampled, projected."""
