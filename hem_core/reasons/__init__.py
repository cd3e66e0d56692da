"""Why an example is hard: facts, features, the classifier, the name of the reason, its evidence."""
