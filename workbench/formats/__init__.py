"""How dates and times are shown, by language, where Django's own way is not ours."""
