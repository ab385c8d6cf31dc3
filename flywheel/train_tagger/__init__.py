"""How the shipped tagger is learned: texts made up and texts marked by hand, then one command.

* __main__    the command
* sentences   texts made up from templates.txt
* fillers     what their slots hold: names, addresses, dates; from Faker and words.txt
* corpora     texts marked by hand
* lessons     texts and spans as the numbers that the network learns from
* writing     the network and its table as files
"""
