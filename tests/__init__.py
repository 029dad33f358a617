"""The suite, told by what people do."""

import gc

from hypothesis import HealthCheck, settings

# A busy machine is no fault of what is tested: nothing here depends on how fast it is.
settings.register_profile(
    "kantor",
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("kantor")

# A parsed page is thousands of objects, and by its default the collector would walk through all
# of them, and of Django, several times a page.
gc.set_threshold(20_000, 20, 50)
