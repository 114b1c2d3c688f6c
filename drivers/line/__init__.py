"""Lines of text: questions, templates, and the port that asks them over any transport."""
