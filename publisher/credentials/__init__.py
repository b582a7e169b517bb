"""What the office's accounts at platforms need: tokens somebody got by signing in there, kept encrypted, and what each
platform last said of them. Beside people, not among them: a channel's account is nobody's own, and outlives whoever
signed in."""
