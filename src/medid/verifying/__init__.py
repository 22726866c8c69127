"""From bytes to a verified credential or presentation.

The steps, in order: open the envelope, list what it refers to, gather that, then
judge. Judging is pure: it takes the opened document, the evidence and an instant, and
gives the same answer today and in ten years. Only gathering waits for anything.
"""
