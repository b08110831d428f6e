# VAR: given=abc
# VAR: other=1
variable "none" {} # ERROR: Variable "none" has no value
variable "given" { type = number } # ERROR: does not fit its type: needs number
variable "other" { default = 5 }
variable "other" { default = 6 } # ERROR: Variable "other" declared twice
variable "wrong" {
  type    = number
  default = "5" # ERROR: The default does not fit the type: needs number, not string
}
variable "typo" {
  default = 1
  defualt = 2 # ERROR: did you mean "default"?
}
variable "a b" { default = 1 } # ERROR: Invalid name of a variable
