"""Is this workspace in order? 27 controls, each checked on evidence, with a report in English and Chinese.

* control         what a control is: a question, its legal basis, facts, a verdict
* register        compliance.yaml: what no machine can find out
* evidence        what controls look at, as values
* gathering       where that evidence comes from
    + opened        data/raw, counted in memory
    + surroundings  keys, remotes, ledger, service
* the controls    lawfulness, minimisation, protection, accountability, learning, rights
* report          what they came to, as a page and as JSON
"""
