"""Many recordings: resume, worker processes, one folder a recording, one line an error."""
