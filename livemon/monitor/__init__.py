"""Monitor, the kernel-side facade, and the services that notebooks, pages and API share.

HTTP and HTML do not belong here (livemon/web).
"""
