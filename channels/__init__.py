"""How a product reaches the website, WeChat, Weibo and the newspaper; usable without the rest of the house."""
