"""Write Polish dates: 22 listopada 2026 r., 22.11.2026, 14:05."""

DATE_FORMAT = r"j E Y \r."
DATETIME_FORMAT = r"j E Y \r., H:i"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"
TIME_FORMAT = "H:i"
