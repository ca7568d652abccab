"""Tables in, answers in words and the report's page out."""
