"""The eval suite: is the assistant right, does it know when not to answer, and would we notice if it got worse?

Everything is scored from the JSON answer object, so any surface can be measured. No language model judges anything.
"""
