"""What a Django developer glues together of packages, each used as its manual says."""
