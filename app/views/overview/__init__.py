"""Overview: how a run does, and where to look first.

The numbers at the top give the error rate, the hard examples, the suspected label errors and how many examples people
have reviewed; a tooltip says how each is counted. Below stand the distribution of the difficulty, the reasons, and the
classes with the highest error rate. A click on a bar opens Explore with that filter. The run's card names the model,
the data and how far the reasons can be trusted; examples that could not be scored are listed with the cause.
"""
