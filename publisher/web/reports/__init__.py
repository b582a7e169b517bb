"""Reports on screen: how far each has come, filling in, looking at it, declaring it final, handing it over."""
