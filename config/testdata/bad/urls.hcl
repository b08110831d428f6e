virtual_server "web" {
  address = "10.0.0.1:80"
  real_server "10.0.0.11:80" {
    HTTP_GET {
      url {} # ERROR: Missing argument "path"
      url { path = "health" } # ERROR: must begin with "/"
      url { path = "http://a/b" } # ERROR: needs the path alone
      url { path = "/a b" } # ERROR: must not contain blanks
      url {
        path        = "/"
        status_code = ["200-299", 99, "300", "404-400", true] # ERROR: must be 100 to 599, not 99 # ERROR: or a range such as "200-299" # ERROR: must go upwards # ERROR: not true or false
        digest      = "abc" # ERROR: needs 32 hexadecimal digits
        regex_max_offset = 5 # ERROR: there is no regex
        method      = "DELETE" # ERROR: needs one of "GET", "HEAD", "OPTIONS", "POST"
      }
      url {
        path             = "/"
        status_code      = [] # ERROR: must not be empty
        regex            = "a(" # ERROR: Invalid regular expression
        regex_options    = ["caseles"] # ERROR: did you mean "caseless"?
        regex_min_offset = 9
        regex_max_offset = 9 # ERROR: must be above regex_min_offset, 9
      }
    }
  }
}
