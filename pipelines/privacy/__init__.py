"""People in text and tables, found and taken out.

* text           clean one text: the function that the pipeline, the service and `flywheel scrub` share
* text_rules     by which rules: they travel with the rows and the model
* finders        who looks, by name; what several find, put together
    + presidio     Presidio as one of them, where a user has it
* identifiers    where the identifiers of a text are, all kinds together
    + network      e-mail, URL, handle, IP, MAC
    + numbers      phone, card, IBAN, SSN, crypto address
    + china        resident ID, credit code, plate, passport, WeChat, QQ, case number
    + context      numbers that only the word before them gives away: "order no. ..."
    + addresses    streets, English and Chinese
* people         identifiers by pattern first, then what the tagger finds around them
    + tagger     names, places, organisations, dates, quantities, traits in English text, by a small network
    + amounts    money, shares, lengths, areas, weights by their shape
    + words      the words of a text, and the hashed features by which the tagger knows them
* rules          what a rule is: a pattern, a check, a score
* checks         check digits, dates and the like: what makes a match certain
* shadow         the copy of a text that patterns read: folded, placeholders blanked
* spans          a found piece, and who wins where two overlap
* coreference    which spans of a document mean the same
    + person_names  a name taken apart: titles, given names, surname
    + people        which mentions are one person
* placeholders   "<EMAIL>" or "<PERSON_2>" in its place, or a mask
* surrogates     or somebody who does not exist
"""
