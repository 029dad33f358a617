"""The peers that the registration is compared with, each the smallest site that does its job."""
