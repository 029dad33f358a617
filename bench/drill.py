"""Rehearse with the whole site what operators fear, and write down what customers saw of it.

    python -m bench.drill [--short] [--minutes 10] [--visitors 200] [--only database] [--write]

On this machine, with everything in its own processes (`bench.drill_site`): while each fault stands,
somebody stands at every step of the registration and presses the button; afterwards all of them go
on to an active account. Then many visitors at once, at half of what the hashes allow. Everything
said in all logs is searched for what was typed, and `/metrics` is compared with what was driven.

It exits with 1 when a page was bare, an answer or a mail was lost, a canary was found, or a number
is wrong. What time and memory were is written down and judged by whoever reads it: they belong to
the machine. `--short` is CI's form: two minutes.
"""

import argparse
import os
import platform
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from http.client import HTTPException, IncompleteRead
from importlib.metadata import version
from statistics import median, quantiles

from bench.browser import Browser, Response, UnexpectedAnswerError
from bench.drill_customers import ORIGIN, STEPS, WAIT, Customer, Seen, Walker, link_for
from bench.drill_site import Stand
from bench.journeys import PASSWORD, Visit, register
from bench.run import ROOT, table
from tests.front import HOST
from tests.people import OSOBA

CUT = IncompleteRead.__name__
BUSY = "Teraz nie możemy tego zrobić"


@dataclass
class Fault:
    """One fault: how it is made, and whether journeys are to go on under it."""

    name: str
    hold: Callable[[], AbstractContextManager[None]]
    goes_on: bool = False


@dataclass
class Found:
    """What is to be reported, and what was wrong."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def judge(self, is_right: bool, words: str) -> None:
        """Note a line, and that it is wrong if it is."""
        self.lines.append(f"- {'' if is_right else '**WRONG:** '}{words}")
        if not is_right:
            self.wrong.append(words)
            print(f"WRONG: {words}", file=sys.stderr)


class Drill:
    """The faults and the crowd, at one stand."""

    def __init__(self, stand: Stand, tasks: str) -> None:
        """Begin with nobody registered in this part."""
        self.stand, self.tasks = stand, tasks
        self.found = Found()
        self.serial = 0
        self.emails: list[str] = []

    def somebody(self) -> Customer:
        """Return a new customer with an address of his own."""
        self.serial += 1
        kind = 1 if self.tasks == "redis" else 0
        email = f"kanarek-{self.tasks}-{self.serial}@skrzynka.example"
        self.emails.append(email)
        address = f"127.{10 + kind}.{self.serial >> 8}.{self.serial & 255}"
        return Customer(Walker(self.stand, address), OSOBA.addressed(email))

    def faults(self) -> list[Fault]:
        """Return those that can be made here."""
        stand = self.stand
        made = [
            Fault("database stopped", stand.without_database),
            Fault("tables locked", stand.with_locked_tables),
            Fault("Redis gone", stand.without_redis, goes_on=True),
            Fault("mail server gone", stand.without_mail_server, goes_on=True),
            Fault("web processes killed", stand.with_killed_web),
            Fault("mail worker killed", stand.with_killed_worker, goes_on=True),
        ]
        if stand.disk is not None:
            made.insert(2, Fault("disk full", stand.with_full_disk))
        else:
            self.found.lines.append("- the disk was not filled: only root can make a small one")
        return made

    def suffer(self, fault: Fault) -> None:
        """Have somebody at every step press his button under this fault, and go on afterwards."""
        print(f"{self.tasks}: {fault.name}", file=sys.stderr)
        with ThreadPoolExecutor(STEPS) as pool:
            customers = list(
                pool.map(lambda step: self.somebody().reach(step, self.stand), range(STEPS))
            )
            with fault.hold():
                home = self._home()
                seen = list(pool.map(Customer.press, customers))
            ended = time.monotonic()
            self._let_mails_go()
            list(pool.map(self._recover, customers, seen))
        took = time.monotonic() - ended
        cut = [each for each in seen if each.heading.startswith(CUT)]
        bare = [each for each in seen if not is_dressed(each) and each not in cut]
        busy = sum(each.status == 503 for each in seen)
        emails = [each.applicant.email for each in customers]
        active = self.stand.rows(
            "SELECT count(*) FROM accounts_user WHERE is_active AND email = ANY(%s)", emails
        )[0][0]
        self.found.rows.append(
            [
                f"{fault.name}",
                self.tasks,
                f"{len(seen) - busy - len(bare) - len(cut)}",
                str(busy),
                str(len(bare)),
                f"{home * 1000:.0f}",
                f"{active} of {len(customers)}",
                f"{took:.1f}",
            ]
        )
        if cut:
            # A process that is killed while it sends; a browser says so, and reloading goes on.
            self.found.lines.append(f"- {fault.name}: {len(cut)} pages ended in the middle")
        for each in bare:
            self.found.judge(False, f"{fault.name}: a bare page at step {each.step}: {each}")
        if fault.goes_on and busy:
            self.found.judge(False, f"{fault.name}: {busy} were asked to come back")
        if active != len(customers):
            self.found.judge(False, f"{fault.name}: {active} of {len(customers)} got an account")

    def _home(self) -> float:
        """Return how many seconds the home page took."""
        began = time.monotonic()
        status = self.stand.front.ask("GET", "/")[0].status
        if status != 200:
            self.found.lines.append(f"- the home page answered {status}")
        return time.monotonic() - began

    def _let_mails_go(self) -> None:
        """Let the pause before the next try of a mail pass."""
        self.stand.rows("UPDATE accounts_outboxmessage SET due_at = now() WHERE state = 'waiting'")

    def _recover(self, customer: Customer, seen: Seen) -> None:
        try:
            if customer.step == STEPS - 1:
                if seen.status != 200:
                    customer.press()
                return
            if seen.status != 200 or not seen.heading:
                customer.press_again()
            customer.go_on(self.stand)
            customer.step = STEPS - 1
            customer.press()
        except AssertionError as error:
            said = f"{error}; the page says {customer.walker.errors}"
            self.found.judge(False, f"{customer.applicant.email}, step {customer.step}: {said}")

    def crowd(self, visitors: int, seconds: float) -> None:
        """Let so many visitors register at half the pace that the hashes allow, and watch."""
        print(f"{self.tasks}: {visitors} visitors, {seconds:.0f} s", file=sys.stderr)
        hash_seconds = self._hash_seconds()
        turns = max(1, (os.cpu_count() or 2) // 2)
        rate = turns / hash_seconds / 2  # one hash a registration
        crowd = Crowd(self.stand, self.tasks, visitors, rate)
        before = self.stand.numbers()
        accounts = self._accounts()
        loads = [os.getloadavg()[0]]
        crowd.run(seconds)
        loads.append(os.getloadavg()[0])
        grown = {name: value - before.get(name, 0) for name, value in self.stand.numbers().items()}
        made = self._accounts() - accounts
        ends = sum_of(grown, "kantor_registration_steps_total", 'outcome="end"')
        took = sorted(crowd.ms)
        p95 = quantiles(took, n=20)[18] if len(took) > 20 else 0.0
        first, last = crowd.memory_at(0.1), crowd.memory_at(1.0)
        if seconds >= 120:
            first = crowd.memory_at(75 / seconds)
        judge = self.found.judge
        self.found.lines.append(
            f"- {self.tasks}: {visitors} visitors for {seconds:.0f} s at {rate:.1f} registrations a"
            f" second wanted, half of {turns / hash_seconds:.1f} hashes a second; load of the"
            f" machine {min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} cores, the visitors"
            f" among it; {len(took)} pages without a hash: median {median(took or [0]):.0f} ms,"
            f" p95 {p95:.0f} ms; memory of the web processes {first:.0f} MiB"
            f" {'after the first minute' if seconds >= 120 else 'at the beginning'},"
            f" {last:.0f} MiB at the end ({100 * (last / first - 1) if first else 0:+.1f} %)"
        )
        judge(not crowd.faults, f"{self.tasks}: {len(crowd.faults)} faults {crowd.faults[:3]}")
        judge(ends == made, f"{self.tasks}: /metrics counts {ends:.0f} registrations, {made} came")
        hashes = sum_of(grown, "kantor_hash_seconds_count", "")
        judge(hashes >= made, f"{self.tasks}: /metrics counts {hashes:.0f} hashes for them")

    def _accounts(self) -> int:
        return int(self.stand.rows("SELECT count(*) FROM accounts_user")[0][0])

    def _hash_seconds(self) -> float:
        """Return how long a hash takes here alone."""
        from argon2 import PasswordHasher

        from accounts.passwords.hashing import Argon2PasswordHasher

        ours = Argon2PasswordHasher()
        hasher = PasswordHasher(
            time_cost=ours.time_cost, memory_cost=ours.memory_cost, parallelism=ours.parallelism
        )
        took = []
        for _time in range(3):
            began = time.perf_counter()
            hasher.hash(PASSWORD)
            took.append(time.perf_counter() - began)
        return min(took)

    def close(self) -> None:
        """Look at what is left: mails, logs, and the way of one id."""
        stand, judge = self.stand, self.found.judge
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            self._let_mails_go()
            waiting = stand.rows(
                "SELECT count(*) FROM accounts_outboxmessage WHERE state='waiting'"
            )
            if waiting[0][0] == 0:
                break
            time.sleep(0.5)
        judge(waiting[0][0] == 0, f"{self.tasks}: {waiting[0][0]} mails still wait")
        ids = [identity for _recipient, identity in stand.postbox.arrived]
        owed = {row[0] for row in stand.rows("SELECT message_id FROM accounts_outboxmessage")}
        arrived = {each.strip("<>") for each in ids}
        lost = {each.strip("<>") for each in owed} - arrived
        judge(not lost, f"{self.tasks}: {len(owed)} mails owed, {len(lost)} lost")
        twice = sum(times - 1 for times in Counter(ids).values())
        self.found.lines.append(
            f"- {self.tasks}: {twice} mails came twice (a worker was killed after the mail server"
            " had taken the mail and before that was written down; both have one Message-ID)"
        )
        logs = stand.logs()
        typed = [value for group in OSOBA.details.values() for value in group.values()]
        canaries = [each for each in (*typed, OSOBA.password, "kanarek-") if len(each) > 5]
        canaries += ["anna.person", PASSWORD, "$argon2", "Nowak-Żółć"]
        told = [(name, each) for name, log in logs.items() for each in canaries if each in log]
        size = sum(map(len, logs.values())) // 1024
        judge(
            not told, f"{self.tasks}: {len(told)} canaries in {size} KiB of {len(logs)} logs {told}"
        )
        # As nginx gave it, by the request's line and the mail's.
        ((asked_in,),) = stand.rows(
            "SELECT asked_in FROM accounts_outboxmessage WHERE asked_in <> '' ORDER BY id LIMIT 1"
        )
        web = any(asked_in in log for name, log in logs.items() if name.startswith("web"))
        mail = any(asked_in in log for name, log in logs.items() if name in ("worker", "sweeper"))
        judge(web and mail, f"{self.tasks}: one id in the request's line and in the mail's")


def is_dressed(seen: Seen) -> bool:
    """Tell whether this is a page of the site, and says when to come back if it is a failure's."""
    if seen.status == 503:
        return seen.heading.startswith(BUSY) and bool(seen.retry_after)
    return seen.status == 200 and bool(seen.heading)


def sum_of(numbers: Mapping[str, float], name: str, label: str) -> float:
    """Add up the series of this name that have this label."""
    return sum(
        value
        for series, value in numbers.items()
        if series.partition("{")[0] == name and label in series
    )


class Crowd:
    """Visitors who register, each at his own pace."""

    def __init__(self, stand: Stand, tasks: str, visitors: int, rate: float) -> None:
        """Begin with nobody."""
        self.stand, self.tasks, self.visitors, self.rate = stand, tasks, visitors, rate
        self.ms: list[float] = []
        self.faults: list[str] = []
        self.memory: list[float] = []
        self.stopped = threading.Event()

    def run(self, seconds: float) -> None:
        """Let them come, and return when the last of them has gone."""
        threads = [
            threading.Thread(target=self._visitor, args=(number,))
            for number in range(self.visitors)
        ]
        for thread in threads:
            thread.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.memory.append(self.stand.memory())
            self.stopped.wait(0.5)
        self.stopped.set()
        for thread in threads:
            thread.join()

    def memory_at(self, part: float) -> float:
        """Return the least memory of the tenth of the time that ends at this part of it.

        The least: a hash holds 100 MiB for a fifth of a second.
        """
        end = max(1, round(len(self.memory) * part))
        return min(self.memory[max(0, end - max(3, len(self.memory) // 10)) : end], default=0.0)

    def _visitor(self, number: int) -> None:
        # A registration each `visitors / rate` seconds, begun by turns; so many requests it has.
        each, requests = self.visitors / self.rate, 14
        if self.stopped.wait(each * number / self.visitors):
            return
        serial = 0
        while not self.stopped.is_set():
            serial += 1
            address = f"127.{100 + (self.tasks == 'redis')}.{number}.{serial % 250 + 1}"
            email = f"anna.person.{self.tasks}.{number}.{serial}@skrzynka.example"
            try:
                Visitation(self, address, each / requests).register(email)
            except TimeIsOverError:
                return
            except (UnexpectedAnswerError, OSError, HTTPException, AssertionError) as error:
                self.faults.append(f"{type(error).__name__}: {str(error)[:200]}")


class TimeIsOverError(Exception):
    """The time of the crowd is over."""


class Visitation:
    """One registration of one visitor of a crowd, timed request by request."""

    def __init__(self, crowd: Crowd, address: str, pause: float) -> None:
        """Come with a new browser from this address."""
        self.crowd, self.pause, self.took = crowd, pause, 0.0
        self.visit = Visit(Browser(self._carry, address), self._note)

    def register(self, email: str) -> None:
        """Register, and open the link of the mail."""
        register(self.visit, "person", email, self.crowd.stand.captcha, {})
        opened = self.visit.get("link", link_for(self.crowd.stand, email))
        self.visit.follow("landing page", opened)

    def _carry(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> Response:
        ours = {**headers, "Host": HOST}
        if method == "POST":
            ours |= {"Origin": ORIGIN, "Referer": ORIGIN + path}
        began = time.perf_counter()
        answer, content = self.crowd.stand.front.ask(method, path, ours, body or None, address)
        self.took = (time.perf_counter() - began) * 1000
        return Response(answer.status, answer.getheaders(), content)

    def _note(self, label: str) -> None:
        if label != "haslo: POST":
            self.crowd.ms.append(self.took)
        # Whoever is under way when the time is over goes: all of them at once would be a storm.
        if self.crowd.stopped.wait(self.pause):
            raise TimeIsOverError


def report(found: list[Found], options: argparse.Namespace, seconds: float) -> str:
    """Return docs/drill.md."""
    rows = [row for each in found for row in each.rows]
    head = ["fault", "TASKS", "went on", "503, in the site's dress", "bare pages"]
    head += ["home page, ms", "accounts in the end", "all done after, s"]
    lines = [
        "# The drill",
        "",
        "Written by `make drill`. Whoever presses a button during a fault sees the site's own",
        "page, loses no answer and gets his mail; while it stood, one person stood at each of the",
        "five buttons of the registration and one at the link of the mail.",
        "",
        f"{time.strftime('%Y-%m-%d', time.gmtime())}, CPython {platform.python_version()}, Django"
        f" {version('django')}, {os.cpu_count()} cores; {seconds:.0f} s. Times and memory belong to"
        " the machine and the hour.",
        "",
        *table(head, rows),
        "",
        *[line for each in found for line in each.lines],
        "",
    ]
    if not options.short:
        lines += [
            "Shown beside it by the tests of `make drill`: a release forward and back under load",
            "(`tests/test_release.py`), dump, loss and restore (`tests/test_backup.py`), canaries",
            "of every log (`tests/test_canaries.py`), `nginx -t`, `systemd-analyze verify` and",
            "promtool (`tests/test_deploy.py`, `tests/test_metrics.py`), what `doctor` finds",
            "(`tests/test_doctor.py`).",
            "",
        ]
    return "\n".join(lines)


def main() -> None:
    """Rehearse, print, keep the report when asked; exit with 1 when something was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="two minutes, for CI")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the crowd")
    parser.add_argument("--visitors", type=int, default=200)
    parser.add_argument("--only", choices=("database", "redis"), help="leave the other queue out")
    parser.add_argument("--fault", help="only those whose name has this in it")
    parser.add_argument("--write", action="store_true", help="write docs/drill.md")
    options = parser.parse_args()
    began = time.monotonic()
    found: list[Found] = []
    with ExitStack() as stack:
        stand = Stand(stack.callback)
        queues = [each for each in ("database", "redis") if options.only in (None, each)]
        for tasks in queues:
            drill = Drill(stand, tasks)
            try:
                stand.start(tasks)
                for fault in drill.faults():
                    # In short, what knows nothing of the queue is made with the first one only.
                    is_told = (
                        options.short and found and fault.name in ("tables locked", "disk full")
                    )
                    if (options.fault or "") in fault.name and not is_told:
                        drill.suffer(fault)
                if options.short:
                    drill.crowd(min(options.visitors, 25), 12)
                elif options.minutes:
                    drill.crowd(options.visitors, options.minutes * 60 / len(queues))
                drill.close()
            finally:
                stand.stop()
            found.append(drill.found)
        if any(each.wrong for each in found):
            for name, log in stand.logs().items():
                print(f"--- the end of {name}\n{log[-1500:]}", file=sys.stderr)
    text = report(found, options, time.monotonic() - began)
    print(text)
    if options.write:
        (ROOT / "docs" / "drill.md").write_text(text, encoding="utf-8")
    sys.exit(any(each.wrong for each in found))


if __name__ == "__main__":
    main()
