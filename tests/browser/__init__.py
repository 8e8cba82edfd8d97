"""Pages in a real browser: how one is started, how a page is looked at, and what is held against it."""
