"""The command line: every command calls one function. Nothing heavy is imported before it is needed."""

import argparse
import sys
from collections.abc import Sequence

from flywheel.grammar import parser
from pipelines.environment import calm, collect_rarely
from pipelines.errors import FlywheelError


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; exit with 0, or with the code of what went wrong (2: the input, 3: the world)."""
    chosen = parser().parse_args(arguments)
    calm()
    collect_rarely()
    try:
        code = COMMANDS[chosen.command](chosen)
    except FlywheelError as error:
        print(error, file=sys.stderr)
        code = error.exit_code
    except BrokenPipeError:
        code = 1  # the reader of our output has gone, as in `flywheel status | head -1`
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _do_inspect(chosen: argparse.Namespace) -> int:
    from flywheel.inspecting import inspect

    return inspect(chosen.source, chosen.label, chosen.write, query=chosen.query, as_json=chosen.json)


def _do_new(chosen: argparse.Namespace) -> int:
    from flywheel.new import new

    return new(chosen.directory, chosen.preset, chosen.source, chosen.set, chosen.label)


def _do_run(chosen: argparse.Namespace) -> int:
    from flywheel.running import run

    return run(chosen.reason)


def _do_tune(chosen: argparse.Namespace) -> int:
    from flywheel.tune import tune

    return tune(chosen.minutes, chosen.trials, chosen.measure, write=chosen.write)


def _do_status(chosen: argparse.Namespace) -> int:
    from flywheel.status import status

    return status(as_json=chosen.json)


def _do_serve(chosen: argparse.Namespace) -> int:
    from service.serve import serve

    return serve(chosen.host, chosen.port)


def _do_predict(chosen: argparse.Namespace) -> int:
    from flywheel.predict import predict

    return predict(chosen.file, as_json=chosen.json)


def _do_generate(chosen: argparse.Namespace) -> int:
    from flywheel.generate import generate
    from pipelines.language import Manner

    return generate(chosen.prompt, chosen.length, Manner(chosen.temperature, chosen.top_k, chosen.seed))


def _do_feedback(chosen: argparse.Namespace) -> int:
    from flywheel.answers import take_in

    return take_in(chosen.file)


def _do_scrub(chosen: argparse.Namespace) -> int:
    from flywheel.scrub import scrub

    return scrub(chosen.file, chosen.mode, chosen.finders.split(","), chosen.numbered, as_json=chosen.json)


def _do_listen(_: argparse.Namespace) -> int:
    from flywheel.running import listen

    return listen()


def _do_scan(chosen: argparse.Namespace) -> int:
    from flywheel.scanning import scan

    return scan(as_json=chosen.json)


def _do_comply(chosen: argparse.Namespace) -> int:
    from flywheel.comply import comply

    return comply(as_json_text=chosen.json, language=chosen.lang, show_template=chosen.template)


def _do_prove(chosen: argparse.Namespace) -> int:
    from flywheel.prove import prove

    return prove(chosen.canaries)


def _do_rollback(chosen: argparse.Namespace) -> int:
    from flywheel.running import roll_back

    return roll_back(chosen.to)


def _do_forget(chosen: argparse.Namespace) -> int:
    from flywheel import people

    if chosen.verify:
        return people.verify(chosen.also, as_json=chosen.json)
    return people.forget(chosen.subjects, chosen.file, chosen.also, pending=chosen.pending, as_json=chosen.json)


def _do_consent(chosen: argparse.Namespace) -> int:
    from flywheel.people import consent

    return consent(chosen.subject, given=chosen.word == "give")


def _do_request(chosen: argparse.Namespace) -> int:
    from flywheel import rights

    if chosen.action == "new":
        return rights.ask(chosen.what, chosen.subject)
    if chosen.action == "answer":
        return rights.answer(chosen.number, chosen.outcome)
    return rights.waiting(as_json=chosen.json)


def _do_notify(chosen: argparse.Namespace) -> int:
    from flywheel.rights import notify

    return notify(chosen.recipient, chosen.subjects, everybody=chosen.all)


def _do_audit(chosen: argparse.Namespace) -> int:
    from flywheel.people import audit

    return audit(as_json=chosen.json)


def _do_keys(_: argparse.Namespace) -> int:
    from flywheel.people import rotate

    return rotate()


def _do_up(_: argparse.Namespace) -> int:
    from flywheel.up import up

    return up()


COMMANDS = {
    "inspect": _do_inspect,
    "new": _do_new,
    "run": _do_run,
    "tune": _do_tune,
    "status": _do_status,
    "serve": _do_serve,
    "predict": _do_predict,
    "generate": _do_generate,
    "feedback": _do_feedback,
    "scrub": _do_scrub,
    "listen": _do_listen,
    "scan": _do_scan,
    "comply": _do_comply,
    "prove": _do_prove,
    "rollback": _do_rollback,
    "forget": _do_forget,
    "consent": _do_consent,
    "request": _do_request,
    "notify": _do_notify,
    "audit": _do_audit,
    "keys": _do_keys,
    "up": _do_up,
}

if __name__ == "__main__":
    main()
