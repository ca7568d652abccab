"""The report: result tables and pictures in; answers in words, sections and the HTML page out."""
