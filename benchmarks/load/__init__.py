"""A load generator for any Channel Access server: raw sockets, requests made in advance, replies counted in bytes.

It knows the protocol by itself (`frames`) and shares no code with the server that it measures beside others. Replies
of one kind all have the same size, so that counting bytes is counting replies; a sample of the heads is checked
meanwhile, the total afterwards, and one round of replies is read in full.
"""
