"""The worker's pages, a module a part. A page turns an address into one question or one service call."""
