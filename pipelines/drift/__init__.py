"""What comes in beside what the champion learnt: how far it moved, and whether chance explains it.

`traits` turns rows into counts, `profile` keeps those of the champion's training data, `effects` says how far two
sets of counts are apart, `compared` puts them side by side, `detector` watches one answer after another, and
`report` shows it. No value of a row is kept: counts per bin, names of categories that several rows share, and hashes
of words that several texts share.
"""
