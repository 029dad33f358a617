"""Write English dates without a doubt about day and month: 22 November 2026, 09:05.

A date stays on one line.
"""

DATE_FORMAT = "j\N{NO-BREAK SPACE}F\N{NO-BREAK SPACE}Y"
DATETIME_FORMAT = f"{DATE_FORMAT}, H:i"
MONTH_DAY_FORMAT = "j\N{NO-BREAK SPACE}F"
SHORT_DATE_FORMAT = "j\N{NO-BREAK SPACE}M\N{NO-BREAK SPACE}Y"
SHORT_DATETIME_FORMAT = f"{SHORT_DATE_FORMAT}, H:i"
TIME_FORMAT = "H:i"
