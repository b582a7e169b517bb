"""Statistics on screen: what is asked, the numbers, and the entries behind each of them."""
