"""The pages, one module each; what they are made of is in parts/, what all share in shell/."""
