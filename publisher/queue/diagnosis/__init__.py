"""What is stuck, since when, and who must act: each module examines one thing and answers with findings."""
