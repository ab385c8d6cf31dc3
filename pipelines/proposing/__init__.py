"""A source that nobody has described yet -> a `record` to begin with, and what is unsure about it.

* layout      how a file is written: format, encoding, separator, header, last line end
* folders     which files of a folder belong together, and which of them train, validate and test
* sampling    rows of the whole source, few enough for the memory, and counts of all that were read
* cells       what the cells of one column are: type, spellings of "no value", format of times
* naming      what the name of a column says, in English and Chinese
* people      what a column reveals about a person, by its cells and its name
* roles       which column is the label, the text, the subject, the time, and which are features
* texts       how long texts are, and whether people are named in them
* proposal    all of this together: a record, the settings that go with it, what is unsure
* writing     the proposal as a params.yaml with its doubts as comments

Nothing here shows a row's value. A category is shown only where SHARED_BY rows or more have it and the column tells
nothing about people; the bounds of numbers are round ones, wider than the data.
"""
