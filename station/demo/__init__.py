"""The whole loop on a real clip that ships with the program.

`traffic_camera.mp4`: source and licence in SOURCE.md beside it.
"""

from .loop import DemoAccount, run_demo

__all__ = ["DemoAccount", "run_demo"]
