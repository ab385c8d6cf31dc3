"""Company in a table: nobody stands alone by the columns that together name a person.

* rules          what is asked for: k, l, t, which columns; a section of params.yaml
* coding         a quasi-identifier as integers, and how much each group of them would hide
    + hierarchy  values below their ancestors: a city in its country in its continent
* partition      Mondrian: which rows share a class
    + requirements  what each class must keep: k subjects, l sensitive values, t of the whole
    + segments      where classes lie while they are cut
* cells          what is published of a class: an interval, or a set of values
* measures       what was reached and what it cost, from the published cells alone
* tables         all of it, for rows with a record
"""
