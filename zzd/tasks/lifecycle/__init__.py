"""How directives and their assignments change hands and come to an end."""
