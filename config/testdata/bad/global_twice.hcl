global { router_id = "a" }
global { router_id = "b" } # ERROR: A second block "global": there may be one
