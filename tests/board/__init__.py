"""The licensing board: its rules by themselves, and its office on real databases."""
