"""Why an example is hard: facts, features, the classifier, the reason and its evidence."""
