"""WordPress: items as posts, through its REST interface."""
