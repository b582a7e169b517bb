"""Weibo (新浪微博): one short post for each item, with the link to the office's own website."""
