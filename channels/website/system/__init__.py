"""Any other system that takes articles by HTTP calls: what it wants to hear stands in the configuration."""
