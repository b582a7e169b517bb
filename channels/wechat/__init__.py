"""WeChat Official Account (微信公众号): drafts and publication through the platform's server interface."""
