"""Show what a customer agreed to, and let him agree to news or take that back.

What counts is decided in `accounts.services.agreements`; the link in mails is `accounts.news_link`.
"""
