"""What the voice did: openSMILE functionals, log-mel statistics, pauses and turn-taking."""
