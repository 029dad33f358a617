"""Sign-up on one page with django-allauth, the address confirmed by a link, as it comes."""
