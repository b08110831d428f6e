locals { größe = "日本語" }
virtual_server "日本" { adress = "	日本語" } # ERROR: did you mean "address"? # ERROR: Missing real_server
