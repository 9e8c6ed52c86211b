"""How a customer gets a cluster: rules that SQL can say."""
