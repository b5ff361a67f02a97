"""What the prose editor asks for while somebody writes: things to link to, choices, rules."""
