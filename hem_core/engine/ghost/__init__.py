"""How each kind of layer tells the length of an example's gradient from its input and its output's gradient."""
