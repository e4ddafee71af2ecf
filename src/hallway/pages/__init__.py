"""The screens: HTML from one action or query each."""
