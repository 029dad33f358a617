"""Write Polish dates: 22 listopada 2026 r., 22.11.2026, 9:05. A date stays on one line."""

DATE_FORMAT = "j\N{NO-BREAK SPACE}E\N{NO-BREAK SPACE}Y\N{NO-BREAK SPACE}\\r."
DATETIME_FORMAT = f"{DATE_FORMAT}, G:i"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y G:i"
TIME_FORMAT = "G:i"
