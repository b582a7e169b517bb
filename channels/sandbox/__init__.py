"""Local stand-ins of the WeChat Official Account and Weibo servers, for trying out and for tests."""
