"""Looking through what is out or still waits, and for what was published before this program was there."""
