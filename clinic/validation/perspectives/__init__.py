"""What a writer means and what readers find (EmoBank)."""
