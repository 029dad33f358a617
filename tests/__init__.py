"""The suite, told by what people do."""

from hypothesis import HealthCheck, settings

# A busy machine is no fault of what is tested: nothing here depends on how fast it is.
settings.register_profile(
    "kantor",
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("kantor")
