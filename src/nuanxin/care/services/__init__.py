"""The main job, step by step: rounds → returns → register → visits → decide → publish → files → offers."""
