"""The desk's pages, a module a part. A page is only read; what changes something posts, and makes one service call."""
