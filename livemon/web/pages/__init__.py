"""The pages, one module each; their parts are in parts/, the common frame in shell/."""
