global {}
locals { a = "grüße" } # ERROR: The file is not UTF-8: byte 0xfc
