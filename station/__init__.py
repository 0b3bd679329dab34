"""The person's side of fieldset: the window, the camera and the command line."""
