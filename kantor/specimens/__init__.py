"""Development only: show every component of the pages in every state, at /styl/."""
