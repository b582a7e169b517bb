"""What running text claims: numbers with their units, totals and parts, cited documents."""
