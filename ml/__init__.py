"""The composer: learns piano playing from MIDI, and plays. Knows nothing of the site."""
