"""What finds clusters: scikit-learn estimators, and the registry that offers them."""
