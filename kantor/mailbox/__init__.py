"""Development only: keep the mails of this machine as files and show them on a page."""
