"""The grammar of the command line: each command, what may follow it, and one line of help."""

import argparse

from flywheel.presets import presets


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    top = argparse.ArgumentParser(
        prog="flywheel",
        description="User data in, people sealed, a better model out, its users answer back, and the loop turns again.",
        epilog="A workspace is a folder that holds a dvc.yaml and a params.yaml; commands work in the current one.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _inspect(commands)
    _new(commands)
    _run(commands)
    _tune(commands)
    _status(commands)
    _serving(commands)
    _answering(commands)
    _scrub(commands)
    _complying(commands)
    back = commands.add_parser("rollback", help="make an earlier champion the champion again")
    back.add_argument("--to", type=int, metavar="VERSION", help="the version to return to; the one before by default")
    _asking(commands)
    _generate(commands)
    commands.add_parser("up", help="start Prefect, a worker, the MLflow UI and the service; ctrl-C stops them all")
    return top


Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _inspect(commands: Commands) -> None:  # type: ignore[valid-type]  # argparse names the type only in stubs
    look = commands.add_parser("inspect", help="look at a source never seen before, and propose a record")  # type: ignore[attr-defined]
    look.add_argument("source", metavar="SOURCE", help="a file, a folder, a URL, or a database")
    look.add_argument("--label", metavar="NAME", help="the column to predict, where it cannot be told")
    look.add_argument("--query", metavar="SQL", help="the rows of a database; its only table where left out")
    look.add_argument("--write", metavar="FILE", help="write the params.yaml that is proposed to a new file")
    look.add_argument("--json", action="store_true", help="for programs")


def _new(commands: Commands) -> None:  # type: ignore[valid-type]
    new = commands.add_parser("new", help="make a workspace")  # type: ignore[attr-defined]
    new.add_argument("directory", metavar="DIR")
    known = ", ".join(presets())
    new.add_argument("--preset", metavar="NAME", help=f"{known}; without one, --source is looked at instead")
    new.add_argument(
        "--source",
        metavar="SOURCE",
        help="where the data are: a file, a folder, a URL or a database; --set ingest.query=… says which rows of one",
    )
    new.add_argument("--label", metavar="NAME", help="the column to predict, where the source does not tell")
    new.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as train.epochs=3; repeatable")


def _run(commands: Commands) -> None:  # type: ignore[valid-type]
    run = commands.add_parser("run", help="turn the flywheel once: ingest, the graph, scan, promote")  # type: ignore[attr-defined]
    run.add_argument("--reason", default="asked for on the command line", metavar="TEXT", help="why; it is recorded")


def _tune(commands: Commands) -> None:  # type: ignore[valid-type]
    tune = commands.add_parser("tune", help="look for the best model of the rows in data/splits")  # type: ignore[attr-defined]
    tune.add_argument("--minutes", type=float, metavar="N", help="how long; those of `train.auto` by default")
    tune.add_argument("--trials", type=int, metavar="N", help="how many models, those of earlier calls among them")
    tune.add_argument("--measure", metavar="M", help="accuracy, macro_f1, roc_auc or log_loss; of numbers r2 or mae")
    tune.add_argument("--write", action="store_true", help="write what won into params.yaml")


def _status(commands: Commands) -> None:  # type: ignore[valid-type]
    status = commands.add_parser("status", help="data, last run, champion, decision, feedback waiting")  # type: ignore[attr-defined]
    status.add_argument("--json", action="store_true", help="for programs")


def _serving(commands: Commands) -> None:  # type: ignore[valid-type]
    serve = commands.add_parser("serve", help="answer POST /predict and POST /feedback")  # type: ignore[attr-defined]
    serve.add_argument("--port", type=int, default=8000, metavar="N")
    serve.add_argument("--host", default="127.0.0.1")
    predict = commands.add_parser("predict", help="predict the rows of a file, or of standard input")  # type: ignore[attr-defined]
    predict.add_argument(
        "file", metavar="FILE|-", help="one text per line, JSON lines, CSV with a header, or a picture"
    )
    predict.add_argument("--json", action="store_true", help="one JSON object per row, with probabilities")


def _generate(commands: Commands) -> None:  # type: ignore[valid-type]
    generate = commands.add_parser("generate", help="let a language model write on from a prompt")  # type: ignore[attr-defined]
    generate.add_argument("prompt", metavar="PROMPT")
    generate.add_argument("--length", type=int, default=400, metavar="N", help="at most so many characters or words")
    generate.add_argument("--temperature", type=float, default=0.8, metavar="T", help="0 writes what is likeliest")
    generate.add_argument("--top-k", type=int, default=0, metavar="K", help="choose from the K likeliest; 0: from all")
    generate.add_argument("--seed", type=int, default=0, metavar="S", help="equal seeds write equal texts")


def _answering(commands: Commands) -> None:  # type: ignore[valid-type]
    feedback = commands.add_parser("feedback", help="what users answered")  # type: ignore[attr-defined]
    actions = feedback.add_subparsers(dest="action", required=True, metavar="ACTION")
    take = actions.add_parser("import", help="take in answers that were collected elsewhere")
    take.add_argument(
        "file", metavar="FILE", help="CSV or JSON lines: prediction_id or the record's columns, and a label"
    )
    commands.add_parser("listen", help="retrain if there is a reason to")  # type: ignore[attr-defined]
    scan = commands.add_parser("scan", help="look for people and canaries in every output")  # type: ignore[attr-defined]
    scan.add_argument("--json", action="store_true", help="for programs")


def _asking(commands: Commands) -> None:  # type: ignore[valid-type]
    forget = commands.add_parser("forget", help="erase people from every store, with a receipt for each")  # type: ignore[attr-defined]
    forget.add_argument("subjects", nargs="*", metavar="SUBJECT", help="as the source names them")
    forget.add_argument("--file", metavar="FILE|-", help="subjects, one on each line")
    forget.add_argument("--also", action="append", default=[], metavar="PLACE", help="look there too; repeatable")
    forget.add_argument("--pending", action="store_true", help="bring to their end those that the service began")
    forget.add_argument("--verify", action="store_true", help="erase nobody: look again for those who were erased")
    forget.add_argument("--json", action="store_true", help="one JSON object per receipt")
    consent = commands.add_parser("consent", help="note what somebody says about their consent")  # type: ignore[attr-defined]
    consent.add_argument("word", choices=["give", "withdraw"])
    consent.add_argument("subject", metavar="SUBJECT", help="as the source names them")
    request = commands.add_parser("request", help="what people ask of us: note it, answer it, see what waits")  # type: ignore[attr-defined]
    asked = request.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = asked.add_parser("new", help="note that somebody asks for something; to be forgotten is `flywheel forget`")
    new.add_argument("what", metavar="WHAT", help="access, rectification, restriction, portability, objection, …")
    new.add_argument("subject", metavar="SUBJECT", help="as the source names them")
    answered = asked.add_parser("answer", help="note that a request was answered")
    answered.add_argument("number", metavar="NUMBER")
    answered.add_argument("outcome", choices=["granted", "refused"])
    asked.add_parser("list", help="the requests that wait").add_argument("--json", action="store_true")
    notify = commands.add_parser("notify", help="note that a recipient of the data was told of erasures")  # type: ignore[attr-defined]
    notify.add_argument("recipient", metavar="RECIPIENT", help="as compliance.yaml names it")
    notify.add_argument("subjects", nargs="*", metavar="SUBJECT", help="as the source names them")
    notify.add_argument("--all", action="store_true", help="of everybody it was not yet told of")
    audit = commands.add_parser("audit", help="check the books: decisions, accesses, consents, erasures")  # type: ignore[attr-defined]
    audit.add_argument("--json", action="store_true", help="for programs")
    keys = commands.add_parser("keys", help="the keys that seal people")  # type: ignore[attr-defined]
    actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("rotate", help="let another master key wrap them; no data is rewritten")


def _scrub(commands: Commands) -> None:  # type: ignore[valid-type]
    scrub = commands.add_parser("scrub", help="take the people out of a text, anywhere; no workspace is needed")  # type: ignore[attr-defined]
    scrub.add_argument("file", metavar="FILE|-", help='a text, which is one document, or JSON lines {"text": …}')
    scrub.add_argument("--json", action="store_true", help="one JSON object per document, with what was found where")
    scrub.add_argument("--mode", default="placeholder", metavar="MODE", help="placeholder (default), surrogate or mask")
    scrub.add_argument(
        "--finders", default="patterns,names", metavar="NAMES", help="patterns,names (default), presidio"
    )
    scrub.add_argument("--numbered", default="people", metavar="WHOM", help="people (default), all or none: <PERSON_2>")


def _complying(commands: Commands) -> None:  # type: ignore[valid-type]
    comply = commands.add_parser("comply", help="check 27 controls on evidence; exit code 1 where one fails")  # type: ignore[attr-defined]
    comply.add_argument("--json", action="store_true", help="for programs")
    comply.add_argument("--lang", choices=("en", "zh"), default="en", help="the language of the table")
    comply.add_argument("--template", action="store_true", help="print a compliance.yaml to begin with")
    prove = commands.add_parser("prove", help="train a twin of the model with canaries; what it remembers")  # type: ignore[attr-defined]
    prove.add_argument("--canaries", type=int, default=200, metavar="N", help="about half of them are trained on")
