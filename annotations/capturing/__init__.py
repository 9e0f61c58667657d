"""From a page to a capture: a job fetches it, or takes what somebody gave by hand, and reads its text.

`extracting` reads, `pdf_text` reads PDF in a process of its own, `running` is the job. The outside is `fetching`'s.
"""
