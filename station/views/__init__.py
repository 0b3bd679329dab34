"""The pages of the window and the pieces they are made of."""
