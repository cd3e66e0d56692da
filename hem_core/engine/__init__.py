"""The forward pass and what follows it: plan, units, runners. The only no_grad and the only loop."""
