"""Would be: what a run would do now, and when it would end."""
