locals {
  a = local.b # ERROR: Locals refer to each other in a circle: needs b
  b = local.c # ERROR: Locals refer to each other in a circle: needs c
  c = local.a # ERROR: Locals refer to each other in a circle: needs a
  d = local.a
  e = 1
}
locals { e = 2 } # ERROR: Local "e" given twice
