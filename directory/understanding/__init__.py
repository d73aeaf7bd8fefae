"""What a buyer means: a text typed in plain French becomes activities, a place, preferences and words to look for."""
