"""Is anybody to be seen where nobody may be? What is looked for, where, and how it is read.

* wanted      what is looked for: canaries as they are, people's identifiers as keyed hashes
    + tokens    the pieces of a text that can be compared: addresses, numbers, ids
* places      where it is looked for: every file that a run writes, and which step writes it
* contents    what stands in a file: its bytes, packed ones unpacked, its cells
    + disguises the ways in which bytes can hold a text that a plain search would miss
* patterns    what looks like an identifier though we do not know it
* search      one file held against what is wanted
* memory      files that were clean and have not changed since
* report      what was found: counts, kinds and names of files; promotion asks for it
"""
