"""Drafts: what somebody is writing, kept at every change, until it is sent up as an item or a revision of one."""
