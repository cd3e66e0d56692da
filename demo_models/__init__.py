"""Small real models with their data and training: `hem demo NAME` runs the file of that name."""
