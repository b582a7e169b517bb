"""Handing a package over: into a folder, by mail, or onto an SFTP server."""
