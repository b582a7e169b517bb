"""The register of issues (期): what of a newspaper's column, or of a mass send, goes out together."""
