"""Long runs: jobs, their chunks and leases, `dispatch`, the embedded worker. Knows no format.

The rows are the truth. A broker, where there is one, only wakes workers; a message that is lost, late or
delivered twice does no harm.
"""
