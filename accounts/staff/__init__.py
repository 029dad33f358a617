"""Let staff in and guard their pages; `accounts.admin` is what they see there."""
