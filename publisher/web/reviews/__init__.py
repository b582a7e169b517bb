"""Pages of approvals: what waits for whom, and deciding."""
