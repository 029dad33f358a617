"""Tell everybody what kantor.pl is: pages for reading, and what search engines read."""
