"""What people decide about deliveries, on pages that say before what will happen."""
