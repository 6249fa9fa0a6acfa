"""One way to have documents read: what is asked, the process that reads, and whoever watches over it.

Batch and service stand on it; it knows neither folders of results nor stores, neither jobs nor brokers.
"""
