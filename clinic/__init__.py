"""Clinical multimodal screening of interview recordings.

Importing this package closes the outside world (telemetry and model hubs off) and registers
the torchvision guard. Both must happen before any heavy library is imported.
"""

from clinic import environment, torchvision_guard

__version__ = "0.1.0"

environment.close_outside_world()
torchvision_guard.register()
