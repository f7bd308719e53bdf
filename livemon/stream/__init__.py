"""ffmpeg and files: sources, live HLS, archives, frames. Knows nothing of AI, SQL or HTTP."""
