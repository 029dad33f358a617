"""Run the suite by `manage.py test`, in several processes too (`--parallel`)."""

from typing import Any

from django.test.runner import DiscoverRunner


class Runner(DiscoverRunner):
    """Copy the test database for each process only when all of it lies in its file.

    Django copies the file of an SQLite database while its connection is open; in WAL mode the
    tables are then still in the log beside it, and every process gets an empty copy. Closing the
    last connection writes the log back.
    """

    def setup_databases(self, **kwargs: Any) -> Any:
        """Create the databases, then their copies; return what `teardown_databases` needs."""
        processes, self.parallel = self.parallel, 1
        created = super().setup_databases(**kwargs)
        self.parallel = processes
        if processes > 1:
            for connection, _name, is_ours in created:
                connection.close()
                if is_ours:
                    for number in range(1, processes + 1):
                        connection.creation.clone_test_db(
                            suffix=str(number), verbosity=self.verbosity, keepdb=self.keepdb
                        )
        return created
