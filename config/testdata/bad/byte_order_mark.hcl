global {} # ERROR: begins with a byte order mark
